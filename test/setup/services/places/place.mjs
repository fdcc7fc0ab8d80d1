// @ts-check

/**
 * Where programs of one service run: on the machine itself, in the folder of another Debian, in a container. The
 * services are written once against this.
 *
 * @typedef {object} Place
 * @property {string} name completes "PostgreSQL from …"
 * @property {string} listenAddress the address on which a program there has to listen to be reached at 127.0.0.1
 * @property {() => Promise<Folder>} createFolder an empty folder that the programs may write to
 * @property {(ports: readonly number[]) => Promise<Network>} openNetwork where programs that talk to each other run:
 *   each reaches the others at 127.0.0.1
 * @property {(program: string, args: readonly string[], folder: Folder) => Promise<string>} run to its end; answers
 *   its output and throws, with the output, when it fails
 * @property {(program: string, args: readonly string[], options: StartOptions) => Running} start
 *
 * @typedef {object} StartOptions
 * @property {Folder} folder
 * @property {readonly number[]} ports on which the program will listen
 * @property {NodeJS.Signals} endSignal asks the program to end at once and in good order
 * @property {Network} [network]
 *
 * @typedef {object} Folder
 * @property {string} inside its path as the programs see it
 * @property {string} logFile on this machine
 * @property {(name: string, content: string) => Promise<void>} writeFile readable and writable by the programs alone
 * @property {(from: string, to: string) => Promise<void>} copyFile both named from inside the folder
 * @property {() => Promise<void>} remove
 *
 * @typedef {object} Network
 * @property {string} [container] that holds it, where it is not the machine's own
 * @property {() => Promise<void>} close
 *
 * @typedef {import('#test/setup/services/running.mjs').Running} Running
 */

export {};
