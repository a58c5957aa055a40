/** The import law. Data flows one way: contracts -> runtime -> domain -> ports -> app -> adapters -> processes. */
const products = ['orchestrator', 'worker', 'agents', 'cli', 'launcher', 'demo-model'];
const src = (pkg, layer = '') => `^packages/${pkg}/src/${layer}`;
const tests = '\\.test\\.ts$|^packages/[^/]+/test/';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** The rooms of the launcher from the ground up: each may import those of lower floors, and none of its own floor. */
const launcherFloors = [
  ['domain'],
  ['base'],
  ['terminal', 'machine', 'postgres'],
  ['install'],
  ['roles'],
  ['programs'],
  ['image'],
  ['inference'],
  ['stack'],
  ['setup', 'audit'],
  ['run', 'doctor'],
  ['commands', 'processes'],
];
const launcherRooms = launcherFloors.flat();

const launcherLaw = [
  ...launcherFloors.flatMap((rooms, floor) =>
    rooms.map((room) => {
      const below = [room, ...launcherFloors.slice(0, floor).flat()].join('|');
      return forbid(
        `launcher-${room}`,
        `${room} of the launcher imports the floors below it`,
        { path: src('launcher', `${room}/`), pathNot: tests },
        { path: src('launcher'), pathNot: src('launcher', `(?:${below})/`) },
      );
    }),
  ),
  forbid(
    'launcher-rooms',
    'every file of the launcher but its entry is in a room of the list',
    {
      path: src('launcher'),
      pathNot: src('launcher', `(?:main\\.ts$|(?:${launcherRooms.join('|')})/)`),
    },
    {},
  ),
  forbid(
    'launcher-commands-lazy',
    'a command is loaded when it is called: the table of commands imports their flags only',
    { path: src('launcher', 'commands/(?:catalogue|flags)\\.ts$') },
    {
      path: src('launcher'),
      pathNot: src('launcher', '(?:commands/flags\\.ts$|domain/)'),
      dynamic: false,
      dependencyTypesNot: ['type-only'],
    },
  ),
];

module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'Modules must not depend on each other in a circle',
      {},
      { circular: true },
    ),
    forbid(
      'no-orphan-dependency',
      'Every import must be declared in the package',
      { path: '^packages/' },
      {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'],
      },
    ),
    forbid('resolvable', 'Every import must resolve', {}, { couldNotResolve: true }),
    forbid(
      'contracts-ground',
      'contracts imports zod and itself',
      { path: src('contracts'), pathNot: tests },
      { pathNot: ['^packages/contracts/src/', '^node_modules/zod/'] },
    ),
    forbid(
      'wires-apart',
      'a wire imports common and itself, never another wire',
      { path: '^packages/contracts/src/(?!common/)([^/]+)/' },
      { path: '^packages/contracts/src/', pathNot: '^packages/contracts/src/(?:common|$1)/' },
    ),
    forbid(
      'common-apart',
      'what wires share knows no wire',
      { path: src('contracts', 'common/') },
      { path: '^packages/contracts/src/', pathNot: src('contracts', 'common/') },
    ),
    forbid(
      'runtime-floor',
      'runtime imports contracts/common at most',
      { path: src('runtime'), pathNot: tests },
      {
        path: '^packages/',
        pathNot: ['^packages/runtime/src/', '^packages/contracts/src/common/'],
      },
    ),
    forbid(
      'command-line-floor',
      'what both programs share of a command line knows neither, nor a wire',
      { path: src('command-line'), pathNot: tests },
      {
        path: '^packages/',
        pathNot: [src('command-line'), src('runtime'), src('contracts', 'common/')],
      },
    ),
    forbid(
      'command-line-data',
      'definitions are data: they load no parser',
      { path: src('command-line', 'definition/'), pathNot: tests },
      { pathNot: src('command-line', 'definition/') },
    ),
    forbid(
      'cli-base',
      'what everything in cli may use knows nothing else of it',
      { path: src('cli', 'base/'), pathNot: tests },
      { path: src('cli'), pathNot: src('cli', 'base/') },
    ),
    forbid(
      'cli-config',
      'config and files know neither the gateway nor commands',
      { path: src('cli', '(config|files)/'), pathNot: tests },
      { path: src('cli'), pathNot: src('cli', '(?:base|$1)/') },
    ),
    forbid(
      'cli-gateway',
      'the connection to the gateway knows no command',
      { path: src('cli', 'gateway/'), pathNot: tests },
      { path: src('cli'), pathNot: src('cli', '(?:base|config|gateway)/') },
    ),
    forbid(
      'cli-completion',
      'completion is made from definitions it is given, and asks the gateway',
      { path: src('cli', 'completion/'), pathNot: tests },
      { path: src('cli'), pathNot: src('cli', '(?:base|completion|gateway)/') },
    ),
    forbid(
      'cli-commands-apart',
      'a group of commands never imports another one; what they share imports none',
      { path: src('cli', 'commands/([^/]+)/'), pathNot: tests },
      { path: src('cli', 'commands/[^/]+/'), pathNot: src('cli', 'commands/(?:$1|shared)/') },
    ),
    forbid(
      'cli-commands-lazy',
      'a command is loaded when it is called: tables of commands import their flags only',
      { path: src('cli', 'commands/(?:catalogue|[^/]+/definitions)\\.ts$') },
      {
        path: src('cli'),
        pathNot: src('cli', '(?:base/|commands/.*(?:definitions|flags|-args)\\.ts$)'),
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid(
      'cli-start-last',
      'nothing but the entry imports what starts commands',
      { path: src('cli'), pathNot: [src('cli', '(?:start/|main\\.ts$)'), tests] },
      { path: src('cli', '(?:start/|main\\.ts$)') },
    ),
    ...launcherLaw,
    ...products.map((pkg) =>
      forbid(
        `${pkg}-apart`,
        'Products never import one another',
        { path: `^packages/${pkg}/`, pathNot: tests },
        { path: `^packages/(?:${products.filter((other) => other !== pkg).join('|')})/` },
      ),
    ),
    forbid(
      'domain-pure',
      'domain imports contracts and runtime/std; no npm package, no node module',
      { path: '^packages/[^/]+/src/domain/', pathNot: tests },
      {
        pathNot: [
          '^packages/[^/]+/src/domain/',
          '^packages/contracts/src/',
          '^packages/runtime/src/std/',
        ],
      },
    ),
    forbid(
      'ports-inward',
      'ports import domain, contracts and runtime/std',
      { path: '^packages/[^/]+/src/ports/', pathNot: tests },
      {
        pathNot: [
          '^packages/[^/]+/src/(?:domain|ports)/',
          '^packages/contracts/src/',
          '^packages/runtime/src/std/',
        ],
      },
    ),
    forbid(
      'app-inward',
      'app imports domain, ports, contracts, runtime/std and the observe interface',
      { path: '^packages/[^/]+/src/app/', pathNot: tests },
      {
        pathNot: [
          '^packages/[^/]+/src/(?:domain|ports|app)/',
          '^packages/contracts/src/',
          '^packages/runtime/src/(?:std|observe)/',
        ],
      },
    ),
    forbid(
      'adapters-inward',
      'adapters never import processes',
      { path: '^packages/[^/]+/src/adapters/' },
      { path: '^packages/[^/]+/src/processes/' },
    ),
    forbid(
      'adapters-no-siblings',
      'an adapter never imports a sibling adapter',
      { path: '^packages/([^/]+)/src/adapters/([^/]+)/', pathNot: tests },
      { path: '^packages/$1/src/adapters/', pathNot: '^packages/$1/src/adapters/$2/' },
    ),
    forbid(
      'engines-apart',
      'a container engine never imports the other; what both need stands in container/shared',
      { path: src('worker', 'adapters/container/(podman|docker)/'), pathNot: tests },
      {
        path: src('worker', 'adapters/container/(?:podman|docker)/'),
        pathNot: src('worker', 'adapters/container/$1/'),
      },
    ),
    forbid(
      'engines-outward',
      'what engines share knows no engine',
      { path: src('worker', 'adapters/container/(?!podman/|docker/)'), pathNot: tests },
      { path: src('worker', 'adapters/container/(?:podman|docker)/') },
    ),
    forbid(
      'processes-last',
      'nothing imports a process',
      { pathNot: ['^packages/[^/]+/src/processes/', tests] },
      { path: '^packages/[^/]+/src/processes/' },
    ),
    forbid(
      'no-testing-in-src',
      'src never imports testing',
      { path: '^packages/(?!testing/)[^/]+/src/', pathNot: tests },
      { path: '^packages/testing/' },
    ),
    forbid(
      'no-deep-imports',
      'packages are entered through their exports',
      { path: '^packages/([^/]+)/' },
      {
        path: '^packages/',
        pathNot: '^packages/$1/',
        dependencyTypes: ['local'],
        dependencyTypesNot: ['aliased', 'aliased-workspace', 'npm'],
      },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json', '.d.ts'],
    },
  },
};
