// @ts-check

/**
 * One instruction of a Dockerfile, with its flags (`--from=build`) taken apart.
 *
 * @typedef {object} Instruction
 * @property {string} name in capitals
 * @property {Readonly<Record<string, string>>} flags
 * @property {string} text the rest, lines joined
 *
 * @typedef {object} Stage
 * @property {string} image after arguments were put in
 * @property {string | undefined} name
 * @property {readonly Instruction[]} instructions
 */

/**
 * The stages of a Dockerfile, as far as ours goes: no heredocs, no ONBUILD, arguments before the first stage alone
 * (https://docs.docker.com/reference/dockerfile/).
 *
 * @param {string} text
 * @returns {Stage[]}
 */
export function stagesOf(text) {
  const instructions = instructionsOf(text);
  const first = instructions.findIndex(({ name }) => name === 'FROM');
  const args = Object.fromEntries(
    instructions.slice(0, first).map(({ name, text: assignment }) => {
      if (name !== 'ARG') throw new Error(`${name} stands before FROM`);
      const [key = '', value = ''] = assignment.split('=');
      return [key, value];
    }),
  );
  /** @type {{ image: string, name: string | undefined, instructions: Instruction[] }[]} */
  const stages = [];
  for (const instruction of instructions.slice(first)) {
    if (instruction.name === 'FROM') {
      const [image = '', , name] = instruction.text.split(/\s+/);
      stages.push({ image: withVariables(image, args), name, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/**
 * @param {string} text
 * @returns {Instruction[]}
 */
function instructionsOf(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  return lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Za-z]+)\s+(.*)$/.exec(line.trim()) ?? [];
      if (name === '') throw new Error(`${line} is no instruction`);
      /** @type {Record<string, string>} */
      const flags = {};
      let left = rest;
      for (let flag; (flag = /^--([a-z-]+)=(\S+)\s+/.exec(left)) !== null; left = left.slice(flag[0].length))
        flags[String(flag[1])] = String(flag[2]);
      return { name: name.toUpperCase(), flags, text: left };
    });
}

/**
 * `$NAME` and `${NAME}`.
 *
 * @param {string} text
 * @param {Readonly<Record<string, string>>} variables
 */
export function withVariables(text, variables) {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => variables[braced ?? bare] ?? '');
}

/**
 * What a container of the last stage is started with.
 *
 * @param {string} text of a Dockerfile
 */
export function containerOf(text) {
  const { image = '', instructions = [] } = stagesOf(text).at(-1) ?? {};
  const all = (/** @type {string} */ name) => instructions.filter((instruction) => instruction.name === name);
  const last = (/** @type {string} */ name) => all(name).at(-1)?.text ?? '';
  const list = (/** @type {string} */ json) => /** @type {string[]} */ (json === '' ? [] : JSON.parse(json));
  return {
    image,
    env: Object.fromEntries(
      all('ENV').flatMap(({ text: assignments }) => assignments.split(/\s+/).map((one) => one.split('='))),
    ),
    workdir: last('WORKDIR'),
    user: last('USER'),
    volumes: all('VOLUME').map(({ text: folder }) => folder),
    ports: all('EXPOSE').map(({ text: port }) => Number(port)),
    stopSignal: last('STOPSIGNAL'),
    health: list(last('HEALTHCHECK').replace(/^(--\S+\s+)*CMD\s+/, '')),
    entrypoint: list(last('ENTRYPOINT')),
    command: list(last('CMD')),
  };
}
