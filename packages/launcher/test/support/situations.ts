import { jobResult, json, problem } from '@cynodeai/testing/doubles';
import {
  type Situation,
  ends,
  fails,
  unable,
  waitsFor,
  queuedFor,
  named,
  sizes,
  list,
  notWell,
  interrupted,
  prompt,
  job,
  widths,
} from './acts.ts';
import type { Unsteady } from '@cynodeai/testing/harness';

/** How full this machine is, and how it is reached from another one. */
const thisHost: Unsteady = [
  [/\d+ % used, [\d.]+ GiB free at \S+/g, '<n> % used, <n> GiB free at <folder>'],
  [/-fNL \d+:/g, '-fNL <port>:'],
  [/\S+@\S+(?= &&)/g, '<user>@<host>'],
  [/--context \S+/g, '--context <host>'],
];

const taskIds: Unsteady = [[/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<task id>']];

/** By the name of the example. One line each, as far as it goes. */
export const situations: Readonly<Record<string, Situation>> = {
  help: { args: [], widths },
  'help of run': { args: ['run', '--help'], widths: [60] },
  'usage: unknown command': { args: ['rnu', 'hi'], widths: [60] },
  'usage: unknown flag': { args: ['run', '--inferense', 'none', 'hi'] },
  'usage: unknown choice': { args: ['up', '--inference', 'openai'] },
  'usage: nothing to do': { args: ['run'] },
  'usage: empty prompt': { args: ['run', ''] },
  'usage: two inputs': { args: ['run', 'hi', '--command', 'ls'] },
  'usage: two prompts': { args: ['run', 'hi', '--prompt', 'ho'] },
  'usage: words without quotes': { args: ['run', 'what', 'is', '17*23'] },
  'usage: bad duration': { args: [...job, '--timeout', 'soon'] },
  'usage: prune without an age': { args: ['prune'] },
  'usage: unknown role': { args: ['serve', 'gateway'] },
  'machines: an address that is none': { args: ['up', '--listen', 'nowhere'], widths: [60] },
  'machines: a certificate without its key': {
    args: ['up', '--listen', '192.0.2.7', '--tls-cert', 'HOME/a.pem'],
  },
  'machines: files that are no certificate': {
    args: ['up', '--listen', '192.0.2.7', '--tls-cert', 'HOME/a.pem', '--tls-key', 'HOME/a.pem'],
    before: (stage) => stage.file('a.pem', 'x'),
    widths: [60],
  },
  'machines: a name and no address': { args: ['up', '--name', 'engine.example'] },
  'machines: in the clear at one address': {
    args: ['up', '--listen', '192.0.2.7', '--insecure-http'],
    widths: [60],
  },
  'machines: a token, and nobody is let in': { args: ['node', 'token'], widths: [60] },
  'machines: a token for too long': { args: ['node', 'token', '--ttl', '1y'] },
  'machines: no token': { args: ['node', 'join', 'abc'], widths: [60] },
  'machines: no certificates to rotate': { args: ['tls', 'rotate'], widths: [60] },
  'file: missing': { args: ['run', '--script', 'HOME/build.sh'] },
  'file: Windows line ends': {
    args: ['run', '--script', 'HOME/a.sh'],
    before: (stage) => stage.file('a.sh', '#!/bin/sh\r\nls\r\n'),
    widths: [60],
  },
  'file: byte order mark': {
    args: ['run', '--script', 'HOME/a.sh'],
    before: (stage) => stage.file('a.sh', '\uFEFFls\n'),
    widths: [60],
  },
  'status: nothing runs': { args: ['status'], widths: [60], unsteady: thisHost },
  'down: nothing runs': { args: ['down'] },
  'down: there is no service': { args: ['down', '--service'] },
  'audit: there is nothing to export': { args: ['audit', 'export', 'HOME/audit.jsonl'] },
  'audit: a time that is none': {
    args: ['audit', 'export', 'HOME/audit.jsonl', '--since', 'yesterday'],
  },
  'audit: no file': { args: ['audit', 'verify', 'HOME/audit.jsonl'] },
  'audit: a key that is none': { args: ['audit', 'verify', 'HOME/audit.jsonl', '--key', 'mine'] },
  'audit: something else': {
    args: ['audit', 'verify', 'HOME/audit.jsonl'],
    before: (stage) => stage.file('audit.jsonl', 'hello\n'),
  },
  'prune: nothing runs': { args: ['prune', '--older-than', '30d'] },
  'user add: nothing runs': {
    args: ['user', 'add', 'bob', '--password-stdin'],
    input: 'a long password\n',
  },
  'user passwd: nothing runs': {
    args: ['user', 'passwd', '--password-stdin'],
    input: 'a long password\n',
  },
  'user passwd: no password': {
    args: ['user', 'passwd', 'ada'],
    before: async (stage) => {
      const gateway = await stage.running();
      const id = '0198c0de-0000-7000-8000-00000000000b';
      gateway.on('GET /v1/users', json(200, { users: [{ id, handle: 'ada' }] }));
    },
  },
  'user passwd: nobody has the handle': {
    args: ['user', 'passwd', 'eve', '--password-stdin'],
    before: async (stage) =>
      void (await stage.running()).on('GET /v1/users', json(200, { users: [] })),
    input: 'a long password\n',
  },
  'run: a job that ends with a code': {
    args: job,
    before: ends({ stdout: 'out\n', stderr: 'make: no rule\n', exit_code: 2 }),
  },
  'run: a job that leaves files': {
    args: job,
    before: ends({
      stdout: 'made\n',
      left: [
        { name: 'a.out', text: 'x' },
        { name: 'lib.so', error: 'it is a link, not a file' },
      ],
    }),
    widths: [60],
    unsteady: taskIds,
  },
  'run: its files are saved': {
    args: [...job, '--out', 'HOME/out'],
    before: ends({ stdout: 'made\n', left: [{ name: 'a.out', text: 'x' }] }),
  },
  'run: there are no files to save': {
    args: [...job, '--out', 'HOME/out'],
    before: ends({ stdout: 'made\n' }),
  },
  'run: its files cannot be saved': {
    args: [...job, '--out', 'HOME/out'],
    before: async (stage) => {
      const gateway = await stage.running();
      gateway.tasks.onCreated = (task) => {
        task.end({ stdout: 'made\n', left: [{ name: 'a.out', text: 'x' }] });
        const gone = problem(404, 'not_found', 'the files of this task are gone');
        gateway.on(`GET /v1/tasks/${task.id}/artifacts:archive`, gone);
      };
    },
    widths: [60],
    unsteady: taskIds,
  },
  'run: a folder that cannot be': {
    args: [...job, '--out', `HOME/${'long'.repeat(70)}`],
    unsteady: [[/(?:long)+/g, '<a long name>']],
  },
  'run: an answer': {
    args: prompt,
    before: ends({ stdout: 'Hello.', inference: { model: 'qwen3.5:0.8b', finish_reason: 'stop' } }),
  },
  'run: an answer cut for length': {
    args: prompt,
    before: ends({
      stdout: 'Hello',
      inference: { model: 'qwen3.5:0.8b', finish_reason: 'length' },
      truncated: { stdout: true, stderr: false },
    }),
    widths: [60],
  },
  'run: an answer cut for time': {
    args: prompt,
    before: ends({
      stdout: 'Hello',
      inference: { model: 'qwen3.5:0.8b', finish_reason: 'timeout' },
      truncated: { stdout: true, stderr: false },
    }),
    widths: [60],
  },
  'run: an answer of the demo model': {
    args: prompt,
    before: ends(
      { stdout: 'Hello.', inference: { model: 'cynode-demo:latest' } },
      { kind: 'demo' },
    ),
    widths: [60],
  },
  'run: a prompt that looks like a command': {
    args: ['run', 'ls -l'],
    before: ends({ stdout: 'Files.', inference: { model: 'qwen3.5:0.8b' } }),
    widths: [60],
  },
  'run: output longer than is kept': {
    args: job,
    before: ends({ stdout: 'out\n', truncated: { stdout: true, stderr: true } }),
  },
  'run: out of time': {
    args: job,
    before: fails(jobResult('', '', { status: 'timeout', exit_code: undefined })),
  },
  'run: no node is able': {
    args: prompt,
    before: unable(
      'node_unable',
      'node local answered 503: the engine has no user namespace to join (10 of 10 times); it is not asked again: see what cynode doctor says on that node',
    ),
    widths: [60],
  },
  'run: the input is too long': {
    args: prompt,
    before: unable(
      'model_input_too_long',
      'the input is 9000 tokens long and qwen3.5:0.8b takes 4096; shorten the prompt or its attachments, or use a model that takes more',
    ),
    widths: [60],
  },
  'run: the disk is full': {
    args: job,
    before: async (stage) =>
      void (await stage.running()).on(
        'POST /v1/tasks',
        problem(
          507,
          'insufficient_storage',
          'the disk of tasks is 97 % full, so that no new task is taken; have an administrator free space on it or remove finished tasks (cynode prune --older-than 30d), then try again',
        ),
      ),
    widths: [60],
  },
  'run: read by nobody': {
    args: job,
    before: ends({ stdout: 'out\n', exit_code: 3 }),
    redirect: '>&-',
  },
  'run: read by head': {
    args: job,
    before: ends({ stdout: 'a line\n'.repeat(30_000), exit_code: 0 }),
    redirect: '| head -n 1',
  },
  'run: interrupted': { args: job, before: interrupted },
  'run: output to a full disk': {
    args: job,
    before: ends({ stdout: 'out\n' }),
    redirect: '>/dev/full',
  },
  'run: output to a full disk of a job that failed': {
    args: job,
    before: ends({ stdout: 'out\n', exit_code: 3 }),
    redirect: '>/dev/full',
  },
  'run: waits for the service': {
    args: prompt,
    before: waitsFor({
      code: 'model_service_down',
      message:
        'model service down: the one of node local at http://127.0.0.1:11434 does not answer',
      action:
        'start it (a service of your own: ollama serve), or name another one with OLLAMA_BASE_URL and cynode up; it is used by itself once it answers, and scripts and commands run meanwhile',
    }),
    widths: [60],
  },
  'run: waits for a loading model': {
    args: prompt,
    before: waitsFor({
      code: 'pm_model_loading',
      message: 'Project Manager model loading: qwen3.5:0.8b on node local (43 %)',
      action: 'wait until the node has loaded it; scripts and commands run meanwhile',
    }),
    widths,
  },
  'run: waits for consent': {
    args: prompt,
    before: waitsFor({
      code: 'pm_model_not_selected',
      message:
        'no Project Manager model selected: no model that can answer is there, and qwen3.5:0.8b is not downloaded unasked (download_not_approved)',
      action:
        'agree to the download with: cynode model pull qwen3.5:0.8b (on the node itself: ollama pull qwen3.5:0.8b)',
    }),
    widths: [60],
  },
  'run: waits in the queue': {
    args: job,
    before: queuedFor('every node is busy; it starts as soon as a job ends'),
    widths: [60],
  },
  'run: waits because its node refuses': {
    args: job,
    before: queuedFor(
      'node local answered 503: the engine has no user namespace to join (2 of 10 times)',
    ),
    widths: [60],
  },
  'run: inference is switched off': {
    args: prompt,
    before: async (stage) =>
      void (await stage.notReady(
        {
          code: 'no_inference_path',
          message: 'no inference path available',
          action:
            'register and configure a node that can run a model, or configure a provider key; scripts and commands run without one',
        },
        { kind: 'none' },
      )),
    widths: [60],
  },
  'model list': {
    args: list,
    before: async (stage) =>
      void (await stage.model({ models: ['smollm2:135m', 'nomic-embed-text'] })),
    widths: [40, 60],
  },
  'model list: none': {
    args: list,
    before: async (stage) => void (await stage.model({ models: [] })),
  },
  'model list: nothing answers': { args: list, env: named('http://127.0.0.1:1'), widths: [60] },
  'model list: an address with v1': {
    args: list,
    env: named('http://127.0.0.1:11434/v1'),
    widths: [60],
  },
  'model list: an address with api': { args: list, env: named('http://127.0.0.1:11434/api') },
  'model list: an address that is none': { args: list, env: named('gpu-host:11434') },
  'model list: something else answers': {
    args: list,
    before: (stage) => stage.stranger(404, {}),
    widths: [60],
  },
  'model list: somebody who wants a password': {
    args: list,
    before: (stage) => stage.stranger(401, {}),
  },
  'model use: unknown': {
    args: ['model', 'use', 'llama9'],
    before: (stage) => stage.uses({ models: ['smollm2:135m'] }),
    widths: [60],
  },
  'model use: it cannot answer': {
    args: ['model', 'use', 'nomic-embed-text'],
    before: (stage) => stage.uses({ models: ['nomic-embed-text'] }),
  },
  'model use: a model of a cloud': {
    args: ['model', 'use', 'gpt-oss:120b-cloud'],
    before: (stage) => stage.uses({ models: ['smollm2:135m'] }),
  },
  'model use: another service': {
    args: ['model', 'use', 'smollm2:135m'],
    before: async (stage) => void (await stage.model({ models: ['smollm2:135m'] })),
    widths: [60],
  },
  'model pull': {
    args: ['model', 'pull', 'local.registry:5000/x:1b'],
    before: async (stage) => void (await stage.model({ models: [] })),
    unsteady: sizes,
  },
  'model pull: it is there': {
    args: ['model', 'pull', 'smollm2:135m'],
    before: async (stage) => void (await stage.model({ models: ['smollm2:135m'] })),
  },
  'model pull: a model of a cloud': {
    args: ['model', 'pull', 'gpt-oss:120b-cloud'],
    before: async (stage) => void (await stage.model({ models: [] })),
  },
  'image list: nothing runs': { args: ['image', 'list'] },
  'image remove: there is none': { args: ['image', 'remove', 'web'], widths: [60] },
  'usage: a package that is none': {
    args: ['image', 'build', '--with', 'nodejs;id', '--name', 'web'],
    widths: [60],
  },
  'usage: an image without a name': { args: ['image', 'build', '--with', 'g++'], widths: [60] },
  'start: an address with v1': {
    args: prompt,
    env: named('http://127.0.0.1:11434/v1'),
    widths: [60],
  },
  'start: something else answers': {
    args: prompt,
    before: (stage) => stage.stranger(404, {}),
    widths: [60],
  },
  'start: a port is taken': {
    args: [...job, '--inference', 'none'],
    before: (stage) => stage.portTaken(),
    unsteady: [[/\(\S[^\n]*?\) of user \w+/g, '(<its command line>) of user <name>']],
  },
  'status: not everything is well': {
    args: ['status'],
    before: notWell,
    widths: [60],
    unsteady: thisHost,
  },
};
