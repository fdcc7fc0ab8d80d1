import { choosePlace, sourcesOn } from './choose-place.mjs';
import { ignoresMachine, type Machine } from './machine.mjs';

type Commands = Readonly<Record<string, string | Error>>;

/** A machine on which a command answers what `commands` says of its longest matching beginning. */
function machineWith(
  commands: Commands,
  facts: { files?: readonly string[]; isRoot?: boolean; programs?: Readonly<Record<string, string>> } = {},
) {
  const calls: string[] = [];
  const reports: string[] = [];
  const { files = [], isRoot = false, programs = {} } = facts;
  const machine: Machine = {
    platform: 'linux',
    isRoot,
    cacheFolder: '/cache',
    exists: (path) => files.includes(path),
    list: (folder) => [
      ...new Set(
        files
          .filter((file) => file.startsWith(`${folder}/`))
          .map((file) => file.slice(folder.length + 1).split('/')[0] ?? ''),
      ),
    ],
    realPath: (path) => path,
    find: (name) => (programs[name] ? [programs[name]] : []),
    report: (text) => void reports.push(text),
    async run(command, args) {
      const line = [command, ...args].join(' ');
      calls.push(line);
      const known = Object.keys(commands)
        .filter((beginning) => line.startsWith(beginning))
        .sort((a, b) => b.length - a.length)[0];
      const answer = known === undefined ? new Error(`${command}: not expected`) : commands[known];
      if (answer instanceof Error) throw answer;
      return answer ?? '';
    },
  };
  return { machine, calls, reports };
}

const POSTGRES_17 = ['/usr/lib/postgresql/17/bin/postgres', '/usr/share/postgresql/17/extension/vector.control'];
const DEBIAN = {
  'apt-get': '/usr/bin/apt-get',
  'apt-cache': '/usr/bin/apt-cache',
  debootstrap: '/usr/sbin/debootstrap',
};
const FOLDER = '/cache/keepsake-test-services/trixie-postgresql-17-valkey-1';

function choose(service: 'postgres' | 'redis', machine: Machine, env: NodeJS.ProcessEnv = {}) {
  return choosePlace(service, sourcesOn(machine, env), {
    isRoot: machine.isRoot,
    ignoresMachine: ignoresMachine(env),
  });
}

describe('the place of a service', () => {
  it('is this machine where PostgreSQL 17 with pgvector is installed, and Docker is not asked', async () => {
    const { machine, calls } = machineWith(
      { '/usr/lib/postgresql/17/bin/postgres --version': 'postgres (PostgreSQL) 17.5 (Debian 17.5-1)' },
      { files: POSTGRES_17, programs: { docker: '/usr/bin/docker' } },
    );
    expect((await choose('postgres', machine)).name).toBe('this machine');
    expect(calls.filter((call) => call.startsWith('docker'))).toEqual([]);
  });

  it('is the newest PostgreSQL of several, whatever PATH names first', async () => {
    const { machine } = machineWith(
      {
        '/usr/lib/postgresql/15/bin/postgres --version': 'postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)',
        '/usr/lib/postgresql/17/bin/postgres --version': 'postgres (PostgreSQL) 17.5',
      },
      {
        files: ['/usr/lib/postgresql/15/bin/postgres', ...POSTGRES_17],
        programs: { postgres: '/usr/lib/postgresql/15/bin/postgres' },
      },
    );
    expect((await choose('postgres', machine)).name).toBe('this machine');
  });

  it.each([
    ['valkey-server', 'Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'],
    ['redis-server', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'],
  ])('is this machine where %s is installed', async (program, version) => {
    const path = `/usr/bin/${program}`;
    const { machine } = machineWith({ [`${path} --version`]: version }, { programs: { [program]: path } });
    expect((await choose('redis', machine)).name).toBe('this machine');
  });

  it('is Docker where an engine answers and the programs are missing', async () => {
    const { machine, calls } = machineWith(
      { 'docker info': '28.2.2', 'docker image inspect': new Error('no such image'), 'docker pull': '' },
      { programs: { docker: '/usr/bin/docker', ...DEBIAN }, isRoot: true },
    );
    expect((await choose('postgres', machine)).name).toBe('the Docker image pgvector/pgvector:pg17');
    expect(calls).toContain('docker pull --quiet pgvector/pgvector:pg17');
    expect((await choose('redis', machine)).name).toBe('the Docker image valkey/valkey:8');
  });

  it('is a Debian folder where the distribution is too old, made under a lock from the mirror that apt uses', async () => {
    const { machine, calls, reports } = machineWith(
      {
        'docker info': new Error('Cannot connect to the Docker daemon'),
        'apt-get update': '',
        'apt-cache pkgnames': 'postgresql-15\npostgresql-15-pgvector\nredis-server\n',
        'apt-get indextargets':
          'Debian Debian-Security main http://mirror.test/security/\nDebian Debian main http://mirror.test/debian/\n',
        mkdir: '',
        flock: '',
      },
      {
        programs: { docker: '/usr/bin/docker', ...DEBIAN },
        isRoot: true,
        files: ['/usr/share/keyrings/debian-archive-keyring.gpg'],
      },
    );
    expect((await choose('postgres', machine)).name).toBe(`the Debian folder ${FOLDER}, made now`);
    expect(reports).toEqual([expect.stringMatching(/^Making a Debian folder .*some minutes/)]);
    const making = calls.find((call) => call.startsWith('flock'));
    expect(making).toContain(`flock ${FOLDER}.lock sh -c`);
    expect(making).toMatch(
      /--include=postgresql-17,postgresql-17-pgvector,valkey-server trixie \S+\.part http:\/\/mirror\.test\/debian\/$/,
    );
  });

  it('is the Debian folder that an earlier run has made, without making it again', async () => {
    const { machine, calls } = machineWith(
      { 'apt-get update': '', 'apt-cache pkgnames': '' },
      { programs: DEBIAN, isRoot: true, files: [FOLDER] },
    );
    expect((await choose('redis', machine)).name).toMatch(`the Debian folder ${FOLDER}, made`);
    expect(calls.some((call) => call.startsWith('flock'))).toBe(false);
  });
});

describe('a machine that is to be ignored', () => {
  it('gives neither its programs nor its packages', async () => {
    const { machine, calls } = machineWith(
      { 'docker info': new Error('Cannot connect to the Docker daemon') },
      {
        programs: { docker: '/usr/bin/docker', 'valkey-server': '/usr/bin/valkey-server', ...DEBIAN },
        isRoot: true,
        files: [...POSTGRES_17, FOLDER],
      },
    );
    const sources = sourcesOn(machine, { TEST_IGNORE_MACHINE: 'true' });
    for (const service of ['postgres', 'redis'] as const)
      expect((await choosePlace(service, sources)).name).toMatch('the Debian folder');
    expect(calls.filter((call) => !call.startsWith('docker'))).toEqual([]);
  });
});

describe('a service that is to be had from nowhere', () => {
  it('says for every way why not, and what would help', async () => {
    const { machine } = machineWith(
      {
        '/usr/bin/postgres --version': 'postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)',
        'docker info': new Error('docker info failed: Cannot connect to the Docker daemon'),
      },
      {
        programs: { postgres: '/usr/bin/postgres', docker: '/usr/bin/docker', ...DEBIAN },
        files: ['/usr/bin/postgres'],
      },
    );
    const failure = await choose('postgres', machine).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'MissingServiceError' });
    expect(String(failure).split('\n')).toEqual([
      'MissingServiceError: The tests need PostgreSQL 17 or newer with pgvector, and none could be had from:',
      '  - programs on this machine: /usr/bin/postgres is version 15',
      '  - Docker: docker info failed: Cannot connect to the Docker daemon',
      "  - the distribution's packages: installing needs root",
      '  - a Debian 13 (trixie) folder: installing needs root',
      'One of these helps:',
      '  - TEST_DATABASE_URL=postgres://user:password@127.0.0.1:5432/postgres (a role that may create databases)',
      '  - install PostgreSQL 17+ and its pgvector package (postgresql-17-pgvector, `brew install postgresql@17 pgvector`)',
      '  - start a Docker engine that this user may use',
      '  - on Debian or Ubuntu: run the tests as root once, which installs what is missing',
      '`npm run test:unit` needs none of this.',
    ]);
  });

  it('is nowhere: the advice fits who is root, and who lets nothing of the machine count', async () => {
    const { machine } = machineWith(
      { 'apt-get': '', mkdir: '', flock: new Error('E: Failed getting release file') },
      { programs: DEBIAN, isRoot: true },
    );
    const env = { TEST_IGNORE_MACHINE: 'true' };
    const failure = String(await choose('redis', machine, env).catch((error: unknown) => error));
    expect(failure).toContain('E: Failed getting release file');
    expect(failure).toMatch(/- install .*, and unset TEST_IGNORE_MACHINE/);
    expect(failure).toContain('make the mirror of apt reachable');
    expect(failure).not.toContain('as root');
  });

  it('is a PostgreSQL 17 without pgvector, too', async () => {
    const { machine } = machineWith(
      { '/usr/lib/postgresql/17/bin/postgres --version': 'postgres (PostgreSQL) 17.5' },
      { files: ['/usr/lib/postgresql/17/bin/postgres'] },
    );
    await expect(choose('postgres', machine)).rejects.toThrow('/usr/lib/postgresql/17/bin/postgres has no pgvector');
  });

  it('is a Redis that is too old, too', async () => {
    const { machine } = machineWith(
      { '/usr/bin/redis-server --version': 'Redis server v=6.2.16 sha=0' },
      { programs: { 'redis-server': '/usr/bin/redis-server' } },
    );
    await expect(choose('redis', machine)).rejects.toThrow('/usr/bin/redis-server is version 6');
  });
});
