import { taskCreateFlags } from '@cynodeai/api-client/task-create-flags';
import type { Args, Flags } from '@cynodeai/command-line/definition';
import { databaseChoices } from '../domain/database.ts';
import { inferenceChoices } from '../domain/inference.ts';

const yes = (what: string) => ({ type: 'boolean', short: 'y', help: what }) as const;
const quiet = { type: 'boolean', short: 'q', help: 'no progress on stderr' } as const;
const output = {
  type: 'choice',
  short: 'o',
  value: 'format',
  choices: ['text', 'json'],
  help: 'what to print (default text)',
} as const;

/** `--inference`, of every command that starts the stack. Architecture section 6. */
const inference = {
  type: 'choice',
  value: 'choice',
  choices: inferenceChoices,
  help: 'where prompts get their answers: auto (the first that works), none, ollama, demo; kept with the install',
} as const;

/** `--ports`, of every command that starts the stack. */
const ports = {
  type: 'choice',
  value: 'choice',
  choices: ['auto'],
  help: 'auto: take other ports where the ones of the install are taken, and keep them',
} as const;

/** `--database`, of every command that starts the stack. */
const database = {
  type: 'choice',
  value: 'choice',
  choices: databaseChoices,
  help: "embedded: back from the database that DATABASE_URL named to the install's own",
} as const;

const startFlags = {
  inference,
  ports,
  database,
  yes: yes('install missing packages and restart an outdated stack without asking'),
  quiet,
} as const satisfies Flags;

export const runArgs = {
  prompt: { help: 'task in plain words, for a model', optional: true },
} as const satisfies Args;

/** See docs/reference/cli.md#create-a-task names the flags. */
export const runFlags = {
  ...taskCreateFlags,
  commands: {
    type: 'strings',
    value: 'text',
    many: true,
    help: 'run these commands in this order',
  },
  out: {
    type: 'string',
    value: 'dir',
    help: 'save what the job leaves in /job/artifacts in this folder',
  },
  force: { type: 'boolean', help: 'with --out: replace files that are there' },
  output,
  ...startFlags,
} as const satisfies Flags;

export const upFlags = {
  listen: {
    type: 'string',
    value: 'address',
    help: 'let other machines in, behind TLS: ADDRESS[:PORT] (gateway at PORT, 8443; control plane at the next), or off; kept with the install',
  },
  name: {
    type: 'strings',
    value: 'host',
    help: 'with --listen: a further name by which this machine is called',
  },
  tlsCert: {
    type: 'string',
    value: 'path',
    help: "with --listen: certificate and chain of one's own (PEM)",
  },
  tlsKey: { type: 'string', value: 'path', help: 'its key (PEM)' },
  service: {
    type: 'boolean',
    help: 'have systemd run it, now and at every boot: of the machine for root, else of this user',
  },
  insecureHttp: {
    type: 'boolean',
    help: 'with --listen 0.0.0.0: in the clear, for a network that nobody else is on',
  },
  ...startFlags,
} as const satisfies Flags;

export const nodeTokenFlags = {
  ttl: { type: 'string', value: 'duration', help: 'how long it is good (default 1h, 10s to 7d)' },
  address: {
    type: 'string',
    value: 'host',
    help: 'name or address of this machine that the other one calls',
  },
} as const satisfies Flags;

export const nodeJoinArgs = {
  token: 'what cynode node token printed on the other machine; - reads it from standard input',
} as const satisfies Args;

export const nodeJoinFlags = {
  home: {
    type: 'string',
    value: 'dir',
    help: 'state folder of the node (default: joined, in that of the install)',
  },
  id: { type: 'string', value: 'id', help: 'how it is called (default: the host name)' },
  address: {
    type: 'string',
    value: 'address',
    help: 'address of this machine that the control plane calls',
  },
  port: {
    type: 'integer',
    value: 'port',
    min: 1,
    max: 65_535,
    help: 'port of its Worker API (default 12090)',
  },
  force: { type: 'boolean', help: 'in place of a node that joined with the same folder' },
} as const satisfies Flags;

export const downFlags = {
  service: { type: 'boolean', help: 'also remove the service that up --service made' },
  quiet,
} as const satisfies Flags;

export const statusFlags = {
  output,
  json: { type: 'boolean', help: 'the same as --output json' },
} as const satisfies Flags;

export const doctorFlags = {
  json: { type: 'boolean', help: 'print JSON' },
} as const satisfies Flags;

export const testFlags = {
  yes: yes('install missing packages without asking'),
} as const satisfies Flags;

export const benchArgs = {
  options: { help: 'options of bench/main.ts', optional: true, many: true },
} as const satisfies Args;

export const userAddArgs = { handle: 'name to log in with' } as const satisfies Args;

/** Where a password comes from; never from a command line. */
const password = {
  passwordStdin: { type: 'boolean', help: 'read the password from standard input' },
  passwordFile: {
    type: 'string',
    value: 'path',
    help: 'read the password from this file; - is standard input',
  },
} as const satisfies Flags;

export const userAddFlags = {
  email: { type: 'string', value: 'address', help: 'address of the user' },
  ...password,
} as const satisfies Flags;

export const userPasswdArgs = {
  handle: { help: 'whose; admin, the first administrator, unless told', optional: true },
} as const satisfies Args;

export const userPasswdFlags = password;

export const backupArgs = {
  file: { help: 'the file to write, or to read' },
} as const satisfies Args;
export const backupFlags = {
  passphraseFile: {
    type: 'string',
    value: 'path',
    help: 'a file that holds the passphrase, - for standard input; asked for unless said',
  },
} as const satisfies Flags;

export const auditExportArgs = { file: 'the file to write' } as const satisfies Args;
export const auditExportFlags = {
  since: {
    type: 'string',
    value: 'time',
    help: 'leave out the rows of ranges that ended before, such as 2026-01-31',
  },
} as const satisfies Flags;

export const auditVerifyArgs = { file: 'a file of audit export' } as const satisfies Args;
export const auditVerifyFlags = {
  key: {
    type: 'strings',
    value: 'public-key',
    help: 'whose seals to trust, as audit export names it (default the key of this install)',
  },
} as const satisfies Flags;

export const pruneFlags = {
  olderThan: {
    type: 'string',
    value: 'duration',
    help: 'only tasks that ended that long ago, such as 30d or 12h',
  },
  dryRun: { type: 'boolean', help: 'only say how much it is' },
} as const satisfies Flags;

export const serveArgs = {
  role: { help: 'user-gateway, control-plane, node: each in a process of its own', many: true },
} as const satisfies Args;

export const serveFlags = {
  home: { type: 'string', value: 'dir', help: 'node: state folder of a further node' },
  port: { type: 'string', value: 'port', help: 'node: port of its Worker API' },
  orchestrator: { type: 'string', value: 'url', help: 'node: base URL of the control plane' },
  pskFile: { type: 'string', value: 'path', help: 'node: file with the registration key' },
  id: { type: 'string', value: 'id', help: 'node: its id; the default is made of its port' },
} as const satisfies Flags;

export const imageBuildFlags = {
  with: {
    type: 'strings',
    value: 'packages',
    help: "make a variant that also has these of the distribution's packages, such as nodejs,golang",
  },
  name: { type: 'string', value: 'name', help: 'of the variant (default its packages)' },
  fromRegistry: {
    type: 'boolean',
    help: 'use images/sandbox/Containerfile and a container registry',
  },
  yes: yes('install missing packages without asking'),
} as const satisfies Flags;

export const imageListFlags = { output } as const satisfies Flags;

export const imageRemoveArgs = { name: 'variant to remove' } as const satisfies Args;

export const resetFlags = {
  keepImages: { type: 'boolean', help: 'keep the built archive of the sandbox image' },
  yes: yes('do not ask'),
} as const satisfies Flags;

export const modelListFlags = { output } as const satisfies Flags;

export const modelUseArgs = { name: 'model of the service' } as const satisfies Args;

export const modelPullArgs = {
  name: { help: 'model to fetch; the smallest one that is supported unless told', optional: true },
} as const satisfies Args;

export const modelPullFlags = {
  yes: yes('do not ask before the download'),
  quiet,
} as const satisfies Flags;
