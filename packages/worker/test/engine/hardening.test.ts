import { parseJson } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing';
import { hostname } from 'node:os';
import { readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callEngine } from '../../src/adapters/container/podman/client.ts';
import { jobRequest } from '../support/job-request.ts';
import { processesNaming } from '../support/leftovers.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';
import { testImage } from '../support/test-image.ts';

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-hard');
  });

  afterAll(() => test.close());

  async function stdoutOf(script: string, env: Record<string, string> = {}): Promise<string> {
    const request = jobRequest(script, { env });
    const result = await node.jobs.run(request);
    expect(result.stderr).toBe('');
    return result.stdout;
  }

  describe('a sandbox', () => {
    it('has no capability, no new privileges and a system call filter (REQ-WORKER-0105, REQ-WORKER-0251)', async () => {
      const status = await stdoutOf("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status");
      const fields = new Map(
        status.split('\n').map((line) => {
          const [name = '', value = ''] = line.split(/:\s+/);
          return [name, value];
        }),
      );
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
        expect(fields.get(set)).toBe('0000000000000000');
      }
      expect(fields.get('NoNewPrivs')).toBe('1');
      expect(fields.get('Seccomp')).toBe('2');
    });

    it('runs as an unprivileged user of the host', async () => {
      const { rootless } = test.engine.facts;
      const ids = await stdoutOf('echo $(id -u) $(id -g)');
      expect(ids).toMatch(rootless ? /^0 0\n$/ : /^(18000\d{5}) \1\n$/);
    });

    it('sees nothing but the loopback interface and reaches no port of the host (REQ-SANDBX-0101)', async () => {
      const server = createServer((socket) => socket.end('reached'));
      server.listen(0, '0.0.0.0');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      try {
        expect(await stdoutOf('ls /sys/class/net; wc -l < /proc/net/route')).toBe('lo\n1\n');
        // The image has no network client; the kernel's own tables show that there is no way out.
        expect(
          await stdoutOf('grep -c : /proc/net/dev; cut -c1-32 /proc/net/if_inet6 | sort'),
        ).toMatch(/^1\n(?:0{31}1\n)?$/);
        expect(port).toBeGreaterThan(0);
      } finally {
        server.close();
      }
    });

    it("shows its own hostname, hosts and resolver, not the host's (REQ-WORKER-0251)", async () => {
      const name = hostname();
      const nameservers = [
        ...(await readFile('/etc/resolv.conf', 'utf8').catch(() => '')).matchAll(
          /^nameserver\s+(\S+)/gm,
        ),
      ].map((match) => match[1] ?? '');
      const seen = await stdoutOf(
        'uname -n; cat /etc/hosts /etc/resolv.conf; env; cat /etc/hostname /run/.containerenv 2>/dev/null; cat /proc/cmdline /proc/partitions /proc/diskstats; cat /proc/1/environ | tr "\\0" "\\n"; cat /proc/sys/kernel/hostname',
      );
      expect(seen).toContain('sandbox\n127.0.0.1 localhost sandbox\n::1 localhost\n');
      expect(seen).not.toContain('nameserver');
      expect(seen.split(/\s+/)).not.toContain(name);
      for (const address of nameservers) expect(seen).not.toContain(address);
      expect(seen).not.toContain(test.stateDir);
    });

    it('shows no control group path of the host', async () => {
      const paths = (await stdoutOf('cut -d: -f3 /proc/self/cgroup | sort -u')).trim();
      if (test.engine.facts.features.includes('private_cgroups')) expect(paths).toBe('/');
    });

    it('gets the variables of the request and the table, and nothing of the node', async () => {
      const request = jobRequest('env | sort', {
        env: {
          FOO: 'bar  baz',
          CYNODE_JOB_ID: 'forged',
          OLLAMA_BASE_URL: 'http://x',
          QUOTED: `"a" 'b' #c \\n`,
        },
      });
      const result = await node.jobs.run(request);
      const names = result.stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('=')[0] ?? '');
      const own = ['HOME', 'HOSTNAME', 'PATH', 'PWD', 'SHLVL', '_', 'OLDPWD'];
      expect(names.filter((name) => !own.includes(name))).toStrictEqual([
        'CYNODE_ARTIFACTS_DIR',
        'CYNODE_JOB_ID',
        'CYNODE_TASK_ID',
        'CYNODE_WORKSPACE_DIR',
        'FOO',
        'QUOTED',
      ]);
      expect(result.stdout).toContain(`CYNODE_JOB_ID=${request.job_id}\n`);
      expect(result.stdout).toContain('FOO=bar  baz\n');
      expect(result.stdout).toContain(`QUOTED="a" 'b' #c \\n\n`);
    });

    it('takes line breaks and long values, and variables that would steer the engine do not', async () => {
      const long = 'x'.repeat(90_000);
      const out = await stdoutOf(
        'printf "%s|%s|%s|%s" "$MULTI" "${#LONG}" "$LD_PRELOAD" "$CONTAINERS_CONF"',
        { MULTI: 'a\nb', LONG: long, LD_PRELOAD: '', CONTAINERS_CONF: '/nonexistent' },
      );
      expect(out).toBe('a\nb|90000||/nonexistent');
      const evil = jobRequest('true', { env: { LD_PRELOAD: 'a\nb' } });
      const run = node.jobs.run(evil);
      // A line break cannot go through a file; Docker takes variables by its API.
      if (test.kind === 'podman') await expect(run).rejects.toMatchObject({ code: 'validation' });
      else expect(await run).toMatchObject({ status: 'completed' });
    });

    it("does not see the host's processes, devices or mounts beyond its own", async () => {
      const out = await stdoutOf(
        'ls /dev | sort | tr "\\n" " "; ps -e -o pid= | wc -l; mount -t proc proc /tmp 2>/dev/null || echo refused',
      );
      expect(out).not.toMatch(/\b(?:vda|sda|kvm|fuse|mem|tun)\b/);
      expect(Number(/\s(\d+)\n/.exec(out)?.[1])).toBeLessThan(10);
      expect(out).toContain('refused');
    });

    it('may run what it writes, but never with rights of a file or as a device', async () => {
      const out = await stdoutOf(
        'cp /bin/id ./own && ./own -u > /dev/null && grep -E " (/workspace|/job|/etc/hosts) " /proc/mounts',
      );
      const mounts = out.trim().split('\n');
      expect(mounts).toHaveLength(3);
      for (const line of mounts) expect(line).not.toContain('noexec');
      // Docker has no such option for a bind: there it is the lack of rights alone.
      if (test.kind === 'docker') return;
      for (const line of mounts) expect(line).toMatch(/nosuid,nodev/);
    });

    it('is labelled and named after the node and the job (REQ-WORKER-0113)', async () => {
      const request = jobRequest('sleep 30');
      const running = node.jobs.run(request);
      const name = `cynode-sandbox-${request.job_id}`;
      const inspected = await waitFor(
        async () => {
          const result = await callEngine(test.command, [
            'inspect',
            '--format={{json .Config.Labels}}',
            name,
          ]);
          return result.exitCode === 0 ? result.stdout : undefined;
        },
        { what: 'the container exists' },
      );
      expect(parseJson(inspected)).toMatchObject({
        'io.cynodeai.node_slug': 'node-hard',
        'io.cynodeai.kind': 'sandbox',
        'io.cynodeai.task_id': request.task_id,
        'io.cynodeai.job_id': request.job_id,
      });
      node.jobs.stop(request.job_id, 0);
      await running;
    });

    it("keeps a planted secret out of the host's process list and the engine's files (REQ-WORKER-0102)", async () => {
      const secret = `token-${crypto.randomUUID()}`;
      const request = jobRequest('test "${#SECRET}" -gt 10 && touch /workspace/up && sleep 30', {
        env: { SECRET: secret },
      });
      const running = node.jobs.run(request);
      await waitFor(
        async () => {
          const up = `${node.mountRoot}/${request.job_id}/workspace/up`;
          return readFile(up).catch(() => undefined);
        },
        { what: 'the job runs' },
      );
      const ps = await callEngine({ program: 'ps', flags: [], env: { PATH: '/usr/bin:/bin' } }, [
        '-e',
        '-ww',
        '-o',
        'args=',
      ]);
      if (test.kind === 'podman') expect(ps.stdout).toContain(request.job_id);
      expect(ps.stdout).not.toContain(secret);
      node.jobs.stop(request.job_id, 0);
      await running;
      const grep = await callEngine(
        { program: 'grep', flags: [], env: { PATH: '/usr/bin:/bin' } },
        [
          '-rl',
          secret,
          test.stateDir,
          ...(test.kind === 'docker' ? [`${test.runDir}/data/containers`] : []),
        ],
      );
      expect(grep.stdout).toBe('');
    });

    it('is not taken for a part of the engine, whatever it calls itself, and has nothing run on the host', async () => {
      const storage = test.command.flags[0] ?? '';
      const label = '--label=io.cynodeai.node_slug=node-hard';
      const request = jobRequest(`
        disguised() { name=$1; shift; perl -e 'my $name = shift; exec { "perl" } $name, "-e", "sleep 100", "--", @ARGV' "$name" "$@" "$CYNODE_JOB_ID" & }
        printf '#!/bin/sh\ntouch %s\n' "$HOST/escaped" > runtime; chmod 755 runtime
        disguised /usr/bin/conmon "\${STORAGE#--root=}" -n cynode-sandbox-x -c y -r "$HOST/runtime"
        disguised /usr/bin/conmon "\${STORAGE#--root=}" -n cynode-sandbox-x -c ${'a'.repeat(64)} -r "$HOST/runtime"
        disguised /usr/bin/podman run "$STORAGE" ${label} --name=cynode-sandbox-x
        wait`);
      const host = `${node.mountRoot}/${request.job_id}/workspace`;
      const running = node.jobs.run({
        ...request,
        sandbox: { ...request.sandbox, env: { STORAGE: storage, HOST: host } },
      });
      // Each is disguised once it has become what it calls itself: until then its line has the whole script.
      const disguised = async (): Promise<readonly string[]> =>
        (await processesNaming(`\0${request.job_id}\0`)).filter((line) =>
          line.includes(' -e sleep 100 -- '),
        );
      await waitFor(async () => (await disguised()).length === 3, {
        what: 'the three are disguised',
      });
      await test.engine.removeLeftovers('node-hard', (name) => name.endsWith(request.job_id));
      expect(await readdir(host)).toEqual(['runtime']);
      expect(await disguised()).toHaveLength(3);
      node.jobs.stop(request.job_id, 0);
      await running;
    });

    it('ignores what the image would start by itself', async () => {
      const image = 'localhost/cynode/entry:latest';
      const { stdout } = await callEngine(test.command, [
        'create',
        '--network=none',
        '--entrypoint=["false"]',
        testImage,
      ]);
      await callEngine(test.command, [
        'commit',
        '--change=ENTRYPOINT ["false"]',
        '--change=USER 1234',
        '--change=VOLUME /vol',
        stdout.trim(),
        image,
      ]);
      await callEngine(test.command, ['rm', '--force', stdout.trim()]);
      const request = jobRequest('echo ran; id -u', { image });
      const result = await node.jobs.run(request);
      expect(result.stdout).toMatch(
        test.engine.facts.rootless ? /^ran\n0\n$/ : /^ran\n18000\d{5}\n$/,
      );
    });
  });
});
