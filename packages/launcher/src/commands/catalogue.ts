import { taskCreateRest } from '@cynodeai/api-client/task-create-flags';
import {
  type CommandDefinition,
  type Program,
  defineCommand,
} from '@cynodeai/command-line/definition';
import type { AskingContext } from './command-context.ts';
import {
  auditExportArgs,
  auditExportFlags,
  auditVerifyArgs,
  auditVerifyFlags,
  backupArgs,
  backupFlags,
  benchArgs,
  doctorFlags,
  downFlags,
  imageBuildFlags,
  imageListFlags,
  imageRemoveArgs,
  modelListFlags,
  modelPullArgs,
  modelPullFlags,
  modelUseArgs,
  nodeJoinArgs,
  nodeJoinFlags,
  nodeTokenFlags,
  pruneFlags,
  resetFlags,
  runArgs,
  runFlags,
  serveArgs,
  serveFlags,
  statusFlags,
  testFlags,
  upFlags,
  userAddArgs,
  userAddFlags,
  userPasswdArgs,
  userPasswdFlags,
} from './flags.ts';

const runNotes = `Exit code: the job's own; 124 its time was up, 125 it could not be run, 130 interrupted.

  cynode run "What is 17*23?"
  cynode run --commands 'cat /etc/os-release' nproc
  cynode run --script build.sh --attach data.csv
  cynode run --dir . -- make test`;

/** Commands as data; only the one that is called is loaded. */
const commands: readonly CommandDefinition<AskingContext>[] = [
  defineCommand({
    path: ['run'],
    summary: 'run a task in a sandbox and print its output; sets up and starts what is missing',
    args: runArgs,
    flags: runFlags,
    rest: taskCreateRest,
    notes: runNotes,
    load: async () => (await import('./run.ts')).run,
  }),
  defineCommand({
    path: ['up'],
    summary: 'start the stack in the foreground; Ctrl-C stops it in order',
    args: {},
    flags: upFlags,
    load: async () => (await import('./up.ts')).up,
  }),
  defineCommand({
    path: ['down'],
    summary: 'stop everything of this install and wait until all is gone',
    args: {},
    flags: downFlags,
    load: async () => (await import('./down.ts')).down,
  }),
  defineCommand({
    path: ['status'],
    summary:
      'roles, addresses, nodes, disks, readiness with reasons; exit code 0 when all of it is up, 1 otherwise',
    args: {},
    flags: statusFlags,
    load: async () => (await import('./status.ts')).status,
  }),
  defineCommand({
    path: ['doctor'],
    summary: 'check every precondition and name the fix; exit code 1 when something fails',
    args: {},
    flags: doctorFlags,
    load: async () => (await import('./doctor.ts')).doctor,
  }),
  defineCommand({
    path: ['test'],
    summary: 'run every check, then the behaviour and end-to-end suites, and sum them up',
    args: {},
    flags: testFlags,
    load: async () => (await import('./test.ts')).test,
  }),
  defineCommand({
    path: ['bench'],
    summary: 'measure this checkout against anchors on this machine',
    args: benchArgs,
    flags: {},
    verbatim: true,
    load: async () => (await import('./bench.ts')).bench,
  }),
  defineCommand({
    path: ['user', 'add'],
    summary: 'add a user as the local administrator; more: cynork users --help',
    args: userAddArgs,
    flags: userAddFlags,
    load: async () => (await import('./user-add.ts')).userAdd,
  }),
  defineCommand({
    path: ['user', 'passwd'],
    summary: 'give a user another password, also one that was forgotten; their sessions end',
    args: userPasswdArgs,
    flags: userPasswdFlags,
    load: async () => (await import('./user-passwd.ts')).userPasswd,
  }),
  defineCommand({
    path: ['backup'],
    summary: 'write the whole install into one file that a passphrase opens, while it runs',
    args: backupArgs,
    flags: backupFlags,
    load: async () => (await import('./backup.ts')).backup,
  }),
  defineCommand({
    path: ['restore'],
    summary: 'make an install of a backup, in an empty state folder',
    args: backupArgs,
    flags: backupFlags,
    load: async () => (await import('./restore.ts')).restoreBackup,
  }),
  defineCommand({
    path: ['audit', 'export'],
    summary: 'write the sealed audit logs of this install into one file, with what verify needs',
    args: auditExportArgs,
    flags: auditExportFlags,
    load: async () => (await import('./audit-export.ts')).auditExport,
  }),
  defineCommand({
    path: ['audit', 'verify'],
    summary: 'check such a file, without an install, and name the first row that is not as it was',
    args: auditVerifyArgs,
    flags: auditVerifyFlags,
    notes: 'Exit code: 0 nothing was touched, 1 something was, 2 the file cannot be read.',
    load: async () => (await import('./audit-verify.ts')).auditVerify,
  }),
  defineCommand({
    path: ['serve'],
    summary: 'run single roles in the foreground with the settings of this install',
    args: serveArgs,
    flags: serveFlags,
    load: async () => (await import('./serve.ts')).serve,
  }),
  defineCommand({
    path: ['image', 'build'],
    summary: 'build the sandbox image anew with the newest packages, or a variant for --image',
    args: {},
    flags: imageBuildFlags,
    notes: `  cynode image build
  cynode image build --with nodejs,golang --name web
  cynode run --image web --commands 'node --version'`,
    load: async () => (await import('./image-build.ts')).imageBuild,
  }),
  defineCommand({
    path: ['image', 'list'],
    summary: 'list the variants of the sandbox image, with size and packages',
    args: {},
    flags: imageListFlags,
    load: async () => (await import('./image-list.ts')).imageList,
  }),
  defineCommand({
    path: ['image', 'remove'],
    summary: 'remove a variant of the sandbox image',
    args: imageRemoveArgs,
    flags: {},
    load: async () => (await import('./image-remove.ts')).imageRemove,
  }),
  defineCommand({
    path: ['model', 'list'],
    summary: 'list the models of the model service, with size and what each can do',
    args: {},
    flags: modelListFlags,
    load: async () => (await import('./model-list.ts')).modelList,
  }),
  defineCommand({
    path: ['model', 'use'],
    summary: 'have prompts answered by this model alone, as the local administrator',
    args: modelUseArgs,
    flags: {},
    load: async () => (await import('./model-use.ts')).modelUse,
  }),
  defineCommand({
    path: ['model', 'pull'],
    summary: 'download a model into the model service, with its size and progress',
    args: modelPullArgs,
    flags: modelPullFlags,
    load: async () => (await import('./model-pull.ts')).modelPull,
  }),
  defineCommand({
    path: ['node', 'token'],
    summary: 'make a token with which a node of another machine joins, once',
    args: {},
    flags: nodeTokenFlags,
    load: async () => (await import('./node-token.ts')).nodeToken,
  }),
  defineCommand({
    path: ['node', 'join'],
    summary: 'make a node of this machine one of the control plane that the token names',
    args: nodeJoinArgs,
    flags: nodeJoinFlags,
    load: async () => (await import('./node-join.ts')).nodeJoin,
  }),
  defineCommand({
    path: ['tls', 'rotate'],
    summary:
      'make other keys and certificates for the doors of --listen; nothing that runs is ended',
    args: {},
    flags: {},
    load: async () => (await import('./tls-rotate.ts')).tlsRotate,
  }),
  defineCommand({
    path: ['prune'],
    summary: 'remove finished tasks with their results and files, as the local administrator',
    args: {},
    flags: pruneFlags,
    load: async () => (await import('./prune.ts')).prune,
  }),
  defineCommand({
    path: ['reset'],
    summary: 'stop everything and delete this install: tasks, users, secrets, images',
    args: {},
    flags: resetFlags,
    load: async () => (await import('./reset.ts')).reset,
  }),
];

/** The command line of `cynode`. */
export const cynode: Program<AskingContext> = {
  name: 'cynode',
  summary: 'CyNodeAI: tasks in sealed sandboxes, on this machine',
  globals: {},
  groups: [
    { name: 'audit', summary: 'export and check audit logs' },
    { name: 'image', summary: 'build, list and remove images of sandboxes' },
    { name: 'user', summary: 'add users and set their passwords' },
    { name: 'model', summary: 'list, choose and download models' },
    { name: 'node', summary: 'nodes of other machines' },
    { name: 'tls', summary: 'certificates' },
  ],
  commands,
  notes: `cynode COMMAND --help tells more; cynode --version the version.
State is kept in CYNODE_HOME, else ~/.local/state/cynode.`,
};
