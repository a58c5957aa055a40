import { Given, Then } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProductWorld } from '../support/product-world.ts';

const values = new WeakMap<ProductWorld, string>();

function valueOf(world: ProductWorld): string {
  const value = values.get(world);
  if (value === undefined) throw new Error('the scenario has no secret');
  return value;
}

/** The secret in five encodings, without what its end shares with what follows. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    bytes.toString('base64').slice(0, -4),
    bytes.toString('base64url').slice(0, -4),
    bytes.toString('hex'),
    encodeURIComponent(value),
  ];
}

/** Files below these folders that hold one of the texts; what vanishes meanwhile holds none. */
function filesWith(texts: readonly string[], folders: readonly string[]): string[] {
  const own = mkdtempSync(join(tmpdir(), 'cyn-patterns-'));
  const patterns = join(own, 'patterns');
  writeFileSync(patterns, texts.join('\n'), { mode: 0o600 });
  const flags = [
    '--recursive',
    '--files-with-matches',
    '--text',
    '--fixed-strings',
    '--no-messages',
    '--devices=skip',
    `--file=${patterns}`,
  ];
  try {
    // 2: something could not be read, such as a folder that is gone.
    const { stdout } = spawnSync('grep', [...flags, own, ...folders], { encoding: 'utf8' });
    const found = stdout.split('\n').filter((line) => line !== '');
    assert.ok(found.includes(patterns), 'grep finds what is there');
    return found.filter((path) => path !== patterns);
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** Processes whose arguments or variables hold one of the texts. */
function processesWith(texts: readonly string[]): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
    .filter((path) => {
      try {
        const text = readFileSync(path, 'latin1');
        return texts.some((each) => text.includes(each));
      } catch {
        return false;
      }
    });
}

Given('a secret {string} of mine', async function (this: ProductWorld, name: string) {
  const value = `canary+/${randomBytes(12).toString('base64')}?&=%`;
  values.set(this, value);
  const { code, stderr } = await this.stack.cynork(['secrets', 'set', name], value);
  assert.equal(code, 0, stderr);
});

Given(
  'a script that writes the secret {string} in every way as {string}',
  function (this: ProductWorld, name: string, file: string) {
    const { length } = valueOf(this);
    const path = join(this.stack.files, file);
    writeFileSync(
      path,
      `#!/bin/bash
file=/run/secrets/${name}
[ "$(wc -c < $file)" = ${length} ] && echo the right length
cat $file; echo; echo "user:$(cat $file)@host"
base64 $file >&2; base64 -w 7 $file; echo -n "a:$(cat $file)" | base64
od -An -tx1 $file; od -An -v -tx1 $file | tr -d ' \\n'; echo
python3 - <<'PROGRAM'
import base64, sys, time, urllib.parse
value = open("/run/secrets/${name}").read()
print(urllib.parse.quote(value, safe=""))
print(base64.urlsafe_b64encode(value.encode()).decode())
for letter in value:
    sys.stdout.write(letter)
    sys.stdout.flush()
    time.sleep(0.01)
print()
PROGRAM
(cat $file; echo) > /job/artifacts/key; env > /job/artifacts/env; base64 $file > /job/artifacts/encoded
`,
    );
    chmodSync(path, 0o755);
  },
);

Then(
  'the secret is found nowhere: output, files, database, logs, state folders, process lists',
  { timeout: 300_000 },
  function (this: ProductWorld) {
    const forms = formsOf(valueOf(this));
    const { stdout, stderr } = this.stack.last;
    for (const form of forms) assert.ok(!`${stdout}${stderr}`.includes(form), stdout + stderr);
    // The folder of the install holds its database, logs, artifacts, the node's store and the engine's storage.
    const folders = [this.stack.home, this.stack.files, '/dev/shm', '/run/cynode'];
    assert.deepEqual(filesWith(forms, folders), []);
    // What the job said beside it is found: the search is one, in the database too.
    const said = filesWith(['the right length'], [join(this.stack.home, 'postgres')]);
    assert.notDeepEqual(said, []);
    assert.deepEqual(processesWith(forms), []);
  },
);
