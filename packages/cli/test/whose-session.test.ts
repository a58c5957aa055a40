import { type Answer, FakeGateway, type Recorded, alice, problem } from '@cynodeai/testing/doubles';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { cynork } from '../src/commands/catalogue.ts';
import { Home } from './support/cynork.ts';
import { calls } from './support/every-command.ts';
import { hostileAnswer } from './support/hostile-answers.ts';
import { helperOf, keepInHelper } from './support/helper.ts';
import { runInProcess } from './support/run-in-process.ts';

const names = cynork.commands.map(({ path }) => path.join(' '));

/** Tokens of a session with the one gateway, and how they are called in what another hears. */
const canary = 'whose-canary';
const tokens = `token: ${canary}-access\nrefresh_token: ${canary}-refresh\n`;

interface Place extends AsyncDisposable {
  readonly home: Home;
  /** It issued the session. */
  readonly own: FakeGateway;
  /** It must never hear of it. */
  readonly other: FakeGateway;
}

/**
 * @param turned the gateway that listened second issues the session
 * @param otherwise what they answer in place of their own
 */
async function twoGateways(turned: boolean, otherwise?: Answer): Promise<Place> {
  const [first, second] = [await FakeGateway.start(), await FakeGateway.start()];
  const [own, other] = turned ? [second, first] : [first, second];
  if (otherwise !== undefined) own.otherwise = other.otherwise = otherwise;
  const home = await Home.create();
  return {
    home,
    own,
    other,
    [Symbol.asyncDispose]: async () => {
      for (const one of [home, first, second]) await one[Symbol.asyncDispose]();
    },
  };
}

function heard({ requests }: FakeGateway): string {
  const all = ({ method, url, headers, body }: Recorded): unknown => [
    method,
    url,
    headers,
    body.toString(),
  ];
  return JSON.stringify(requests.map(all));
}

interface Way {
  readonly title: string;
  /** The file that holds the session. */
  readonly file: (place: Place) => string;
  readonly args?: (place: Place) => readonly string[];
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
  /** What a credential helper keeps. */
  readonly secret?: (place: Place) => string;
  /** What was run before. */
  readonly before?: readonly string[];
}

const old = ({ own }: Place): string => `gateway_url: ${own.url}\n${tokens}`;
const marked = (place: Place): string => `${old(place)}token_gateway: ${place.own.url}\n`;

const withHelper = ({ own, other }: Place): string =>
  `gateway_url: ${own.url}\ncredential_helper: ./helper\ncontexts:\n  far:\n    gateway_url: ${other.url}\n`;

const ways: readonly Way[] = [
  {
    title: 'the environment, with a file of the version before',
    file: old,
    env: ({ other }) => ({ CYNORK_GATEWAY_URL: other.url }),
  },
  {
    title: 'the environment, with a file of the version before that names no gateway',
    file: () => tokens,
    env: ({ other }) => ({ CYNORK_GATEWAY_URL: other.url }),
  },
  {
    title: 'the environment',
    file: marked,
    env: ({ other }) => ({ CYNORK_GATEWAY_URL: other.url }),
  },
  {
    title: '--gateway, with a file of the version before',
    file: old,
    args: ({ other }) => ['--gateway', other.url],
  },
  { title: '--gateway', file: marked, args: ({ other }) => ['--gateway', other.url] },
  {
    title: 'the name of the same host',
    file: marked,
    args: ({ own }) => ['--gateway', own.url.replace('127.0.0.1', 'localhost')],
  },
  {
    title: '--context',
    file: (place) => `${marked(place)}contexts:\n  far:\n    gateway_url: ${place.other.url}\n`,
    args: () => ['--context', 'far'],
  },
  {
    title: 'a config that was changed by hand',
    file: (place) => marked(place).replace(/^gateway_url: .*/, `gateway_url: ${place.other.url}`),
  },
  {
    title: 'a session that is kept for another gateway',
    file: ({ own, other }) =>
      `gateway_url: ${other.url}\nsessions:\n  - gateway: ${own.url}\n    token: ${canary}-access\n    refresh_token: ${canary}-refresh\n`,
  },
  {
    title: 'another context, with a helper of the version before',
    file: withHelper,
    secret: () => JSON.stringify({ token: `${canary}-access`, refresh_token: `${canary}-refresh` }),
    before: ['context', 'use', 'far'],
  },
  {
    title: 'another context, with a helper that holds a bare token',
    file: withHelper,
    secret: () => `${canary}-access`,
    before: ['context', 'use', 'far'],
  },
];

async function prepare(place: Place, { file, secret, before }: Way): Promise<void> {
  const { home } = place;
  if (secret !== undefined) await keepInHelper(home, secret(place));
  await home.config(file(place));
  if (before !== undefined) await runInProcess(home, before, { env: { CYNORK_TOKEN: '' } });
}

/** Runs a command of the table against the place. */
async function ran(place: Place, name: string, way: Pick<Way, 'args' | 'env'>): Promise<string> {
  const { home } = place;
  const given = calls[name]?.args ?? [];
  const args = given.map((word) => (word === 'OUT' ? join(home.path, 'out') : word));
  const words = [...(way.args?.(place) ?? []), ...name.split(' '), ...args];
  const { stderr } = await runInProcess(home, words, {
    env: { CYNORK_TOKEN: '', ...way.env?.(place) },
    input: `${alice.password}\na long enough password\n`,
    signal: AbortSignal.timeout(20_000),
  });
  return stderr;
}

/** Commands that have no use for a session of their own gateway. */
const without = new Set([
  'version',
  'status',
  'completion',
  'auth login',
  'context list',
  'context use',
  'context delete',
]);

describe.each(names)('the session of another gateway and cynork %s', (name) => {
  it.each(ways)('$title', async (way) => {
    for (const turned of [false, true]) {
      await using place = await twoGateways(turned, hostileAnswer);
      await prepare(place, way);
      await ran(place, name, way);
      expect(heard(place.other)).not.toContain(canary);
      // A second time, with whatever the first has moved.
      await ran(place, name, way);
      expect(heard(place.other)).not.toContain(canary);
    }
  });

  it('is not handed on by a redirect, and goes to its own gateway', async () => {
    await using place = await twoGateways(false, hostileAnswer);
    const { own, other, home } = place;
    await home.config(marked(place));
    await ran(place, name, {});
    const sent = heard(own).includes(canary);
    expect(sent).toBe(!without.has(name));
    await home.config(old(place));
    own.otherwise = (_request, response) => {
      response.writeHead(307, { location: `${other.url}${_request.url}` }).end();
    };
    await ran(place, name, {});
    expect(other.requests).toEqual([]);
  });
});

describe('two gateways', () => {
  const login = (home: Home, ...args: string[]) =>
    home.run(['auth', 'login', '-u', 'alice', '--password-stdin', ...args], {
      input: `${alice.password}\n`,
    });

  it('each hears its own session only, by name, by address, and after a switch', async () => {
    await using place = await twoGateways(false);
    const { home, own, other } = place;
    expect((await login(home, '--gateway', own.url, '--context', 'here')).code).toBe(0);
    expect((await login(home, '--gateway', `${other.url}/`)).stderr).toBe('');
    const host = new URL(other.url).host;
    const list = await home.run(['context', 'list']);
    expect(list.stdout.split('\n').slice(2)).toEqual([
      `here\t${own.url}\tfalse\ttrue`,
      `${host}\t${other.url}/\ttrue\ttrue`,
      '',
    ]);
    await home.run(['auth', 'whoami']);
    await home.run(['auth', 'whoami', '--context', 'here']);
    await home.run(['auth', 'whoami', '--gateway', own.url.toUpperCase()]);
    expect((await home.run(['context', 'use', 'here'])).stdout).toBe(
      `context=here gateway=${own.url}\n`,
    );
    expect((await home.run(['auth', 'whoami'])).code).toBe(0);
    const sentTo = (gateway: FakeGateway) =>
      gateway.of('GET /v1/users/me').map(({ headers }) => headers.authorization);
    expect(sentTo(own)).toEqual(Array.from({ length: 3 }, () => 'Bearer access-canary-1'));
    expect(sentTo(other)).toEqual(['Bearer access-canary-1']);
    // The file is as the versions before have it: the tokens are those of the address beside them.
    const written = (await home.readConfig()).split('\n');
    expect(written).toEqual(
      expect.arrayContaining([`gateway_url: ${own.url}`, `token_gateway: ${own.url}`]),
    );
    expect((await home.run(['auth', 'logout'])).code).toBe(0);
    expect((await home.run(['auth', 'whoami'])).code).toBe(3);
    expect((await home.run(['auth', 'whoami', '--context', host])).code).toBe(0);
  });

  it('deleting one ends its session there, after a question, and never the one in use', async () => {
    await using place = await twoGateways(true);
    const { home, own, other } = place;
    await login(home, '--gateway', own.url, '--context', 'own');
    await login(home, '--gateway', other.url, '--context', 'other');
    expect(await home.run(['context', 'delete', 'other', '-y'])).toMatchObject({ code: 2 });
    expect(await home.run(['context', 'delete', 'own'], { input: 'n\n' })).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(own.of('POST /v1/auth/logout')).toEqual([]);
    const deleted = await home.run(['context', 'delete', 'own', '-y']);
    expect(deleted).toMatchObject({ code: 0, stdout: 'context=own deleted=true\n', stderr: '' });
    expect(own.of('POST /v1/auth/logout')[0]?.json).toEqual({ refresh_token: 'refresh-canary-1' });
    expect(other.of('POST /v1/auth/logout')).toEqual([]);
    expect(await home.readConfig()).not.toContain(own.url);
    for (const name of ['own', 'local', 'nope']) {
      expect((await home.run(['context', 'delete', name, '-y'])).code).toBe(2);
    }
  });

  it.each([
    ['both named', ['--gateway', 'http://a', '--context', 'b', 'task', 'list']],
    ['a name that is none', ['--gateway', 'http://a', '--context', 'a b', 'auth', 'login']],
    ['the name that is taken', ['--gateway', 'http://a', '--context', 'local', 'auth', 'login']],
    ['an unknown name', ['--context', 'nope', 'task', 'list']],
    ['an unknown name to use', ['context', 'use', 'nope']],
    ['no address', ['--gateway', 'nope', 'status']],
  ])('%s is exit 2', async (_title, args) => {
    await using home = await Home.create();
    expect(await home.run(args)).toMatchObject({ code: 2, stdout: '' });
  });

  it('says whose session there is, and how to log in where it was asked', async () => {
    await using place = await twoGateways(false);
    await place.home.config(old(place));
    const { stderr } = await place.home.run(['auth', 'whoami', '--gateway', place.other.url]);
    expect(stderr).toBe(
      `error: not logged in: run 'cynork auth login --gateway ${place.other.url}' or set CYNORK_TOKEN; the session of ${place.own.url} is not sent to ${place.other.url}\n`,
    );
  });

  it('what the file says beside the address of a context stays', async () => {
    await using place = await twoGateways(false);
    const { home, own, other } = place;
    const far = `  far:\n    gateway_url: ${other.url}\n    note: mine\n    more:\n      - 1\n`;
    await home.config(
      `contexts:\n${far}  gone:\n    gateway_url: ${own.url}\n    note: theirs\nelse: 1\n`,
    );
    const kept = async () => parse(await home.readConfig()) as Record<string, object>;
    const whole = { gateway_url: other.url, note: 'mine', more: [1] };
    await home.run(['context', 'use', 'far']);
    await home.run(['context', 'delete', 'gone', '-y']);
    expect(await kept()).toMatchObject({ contexts: { far: whole }, else: 1 });
    expect((await login(home, '--gateway', `${other.url}/`, '--context', 'near')).code).toBe(0);
    expect((await kept())['contexts']).toEqual({
      near: { ...whole, gateway_url: `${other.url}/` },
    });
  });

  it.each([
    ['--gateway', ({ url }: FakeGateway) => url],
    ['--context', () => 'far'],
  ])('a refresh without a session names the login with its %s', async (flag, value) => {
    await using place = await twoGateways(false);
    const { home, other } = place;
    await home.config(`${old(place)}contexts:\n  far:\n    gateway_url: ${other.url}\n`);
    const { stderr } = await home.run(['auth', 'refresh', flag, value(other)]);
    expect(stderr).toContain(`run 'cynork auth login ${flag} ${value(other)}'`);
  });

  it('a file of the version before is moved once: a later change of its address hands nothing on', async () => {
    await using place = await twoGateways(false);
    const { home, own, other } = place;
    await home.config(old(place));
    own.on('GET /v1/users/me', problem(503, 'unavailable', 'later'));
    await home.run(['auth', 'whoami']);
    expect(heard(own)).toContain(`${canary}-access`);
    const moved = await home.readConfig();
    expect(moved).toBe(`${old(place)}token_gateway: ${own.url}\n`);
    await home.config(moved.replace(own.url, other.url));
    expect((await home.run(['auth', 'whoami'])).code).toBe(3);
    expect(other.requests).toEqual([]);
  });

  it('a helper’s session is marked at its first use: a later change of the address hands nothing on', async () => {
    await using place = await twoGateways(false);
    const { home, own, other } = place;
    await keepInHelper(home, `${canary}-access`);
    const config = withHelper(place);
    await home.config(config);
    own.on('GET /v1/users/me', problem(503, 'unavailable', 'later'));
    await home.run(['auth', 'whoami']);
    expect(heard(own)).toContain(`${canary}-access`);
    await home.config(config.replace(own.url, other.url));
    expect((await home.run(['auth', 'whoami'])).code).toBe(3);
    expect(other.requests).toEqual([]);
  });

  it.each([
    ['fails', 'echo \'{"error":"locked"}\''],
    ['keeps nothing', `echo '{"secret":"${canary}-access"}'`],
  ])('a helper that %s leaves the gateway as it was', async (_title, body) => {
    await using place = await twoGateways(false);
    const { home, other } = place;
    await helperOf(home, body);
    const config = withHelper(place);
    await home.config(config);
    expect(await home.run(['context', 'use', 'far'])).toMatchObject({ code: 8, stdout: '' });
    expect(await home.readConfig()).toBe(config);
    const { code } = await login(home, '--gateway', other.url, '--context', 'new');
    expect(code).toBe(8);
    expect(await home.readConfig()).toBe(config);
    expect(heard(other)).not.toContain(canary);
  });
});
