import { send, textAt } from '@cynodeai/testing/harness';
import { Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import {
  accountOf,
  asAccount,
  createAccount,
  logIn,
  newPassword,
  systemGrant,
  tryLogin,
} from '../support/accounts.ts';
import type { OrchestratorWorld } from '../support/orchestrator-world.ts';

async function act(world: OrchestratorWorld, handle: string, verb: string): Promise<void> {
  const { id } = accountOf(world, handle);
  const answer = await world.gateway('POST', `/v1/users/${id}/${verb}`);
  assert.equal(answer.status, 200, answer.text);
}

Given(
  'the administrator creates the user {string}',
  async function (this: OrchestratorWorld, handle: string) {
    const answer = await createAccount(this, handle);
    assert.equal(answer.status, 201, answer.text);
  },
);

Given('{string} is logged in', async function (this: OrchestratorWorld, handle: string) {
  await logIn(this, handle);
  assert.equal((await asAccount(this, handle, 'GET', '/v1/users/me')).status, 200);
});

When('the administrator disables {string}', function (this: OrchestratorWorld, handle: string) {
  return act(this, handle, 'disable');
});

When('the administrator enables {string}', function (this: OrchestratorWorld, handle: string) {
  return act(this, handle, 'enable');
});

When('the administrator tries to disable themselves', async function (this: OrchestratorWorld) {
  const me = await this.gateway('GET', '/v1/users/me');
  await this.gateway('POST', `/v1/users/${textAt(me.json, 'id')}/disable`);
});

When(
  'the administrator resets the password of {string}',
  async function (this: OrchestratorWorld, handle: string) {
    const account = accountOf(this, handle);
    account.password = newPassword();
    const answer = await this.gateway('POST', `/v1/users/${account.id}/reset_password`, {
      new_password: account.password,
    });
    assert.equal(answer.status, 204, answer.text);
  },
);

When(
  'the administrator gives {string} the system role {string}',
  async function (this: OrchestratorWorld, handle: string, role: string) {
    const grant = systemGrant(accountOf(this, handle).id, role);
    assert.equal((await this.gateway('POST', '/v1/role-bindings', grant)).status, 201);
  },
);

When('the administrator withdraws that role', async function (this: OrchestratorWorld) {
  const id = textAt(this.answer.json, 'binding_id');
  assert.equal((await this.gateway('DELETE', `/v1/role-bindings/${id}`)).status, 204);
});

When('{string} refreshes the session', async function (this: OrchestratorWorld, handle: string) {
  const account = accountOf(this, handle);
  const answer = await send('POST', `${this.orchestrator.gateway}/v1/auth/refresh`, {
    json: { refresh_token: account.refreshToken },
  });
  assert.equal(answer.status, 200, answer.text);
  account.usedRefreshToken = account.refreshToken;
  account.token = textAt(answer.json, 'access_token');
  account.refreshToken = textAt(answer.json, 'refresh_token');
});

When(
  'somebody tries {int} wrong passwords for {string} and for {string}',
  async function (this: OrchestratorWorld, times: number, known: string, unknown: string) {
    for (let attempt = 0; attempt < times; attempt += 1) {
      for (const handle of [known, unknown]) {
        assert.equal((await tryLogin(this, handle, newPassword())).status, 401);
      }
    }
  },
);

Then('a login as {string} succeeds', async function (this: OrchestratorWorld, handle: string) {
  await logIn(this, handle);
});

Then('a login as {string} is refused', async function (this: OrchestratorWorld, handle: string) {
  assert.equal((await tryLogin(this, handle, accountOf(this, handle).password)).status, 401);
});

Then(
  'creating the user {string} (again )is answered {int}',
  async function (this: OrchestratorWorld, handle: string, status: number) {
    assert.equal((await createAccount(this, handle)).status, status);
  },
);

Then(
  '{string} is answered {int} when asking who they are',
  async function (this: OrchestratorWorld, handle: string, status: number) {
    assert.equal((await asAccount(this, handle, 'GET', '/v1/users/me')).status, status);
  },
);

Then(
  '{string} is answered {int} when listing users',
  async function (this: OrchestratorWorld, handle: string, status: number) {
    assert.equal((await asAccount(this, handle, 'GET', '/v1/users')).status, status);
  },
);

Then(
  '{string} is answered {int} when giving themselves the system role {string}',
  async function (this: OrchestratorWorld, handle: string, status: number, role: string) {
    const grant = systemGrant(accountOf(this, handle).id, role);
    assert.equal(
      (await asAccount(this, handle, 'POST', '/v1/role-bindings', grant)).status,
      status,
    );
  },
);

Then(
  'the refresh token {string} used before is answered {int}',
  async function (this: OrchestratorWorld, handle: string, status: number) {
    const answer = await send('POST', `${this.orchestrator.gateway}/v1/auth/refresh`, {
      json: { refresh_token: accountOf(this, handle).usedRefreshToken },
    });
    assert.equal(answer.status, status);
  },
);

Then(
  'a login as {string} and one as {string} get the same answer {int} with Retry-After',
  async function (this: OrchestratorWorld, known: string, unknown: string, status: number) {
    const bodies = new Set<string>();
    for (const handle of [known, unknown]) {
      const response = await fetch(`${this.orchestrator.gateway}/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ handle, password: newPassword() }),
      });
      assert.equal(response.status, status);
      const seconds = Number(response.headers.get('retry-after'));
      assert.ok(seconds >= 1 && seconds <= 30, `Retry-After is ${seconds}`);
      const text = await response.text();
      bodies.add(text.replace(/"instance":"[^"]*"/, ''));
    }
    assert.equal(bodies.size, 1);
  },
);
