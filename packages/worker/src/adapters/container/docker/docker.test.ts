import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { seccompProfile } from '../seccomp/profile.ts';
import { classifyRefusal, initRefusal } from './classify.ts';
import { createBody } from './create-body.ts';
import { daemonMessage } from './daemon.ts';
import { socketPathOf } from './daemon-address.ts';

const profile = { version: '20.10', rootless: false, privateCgroups: true, relabel: false };
const spec = {
  name: 'cynode-sandbox-1',
  image: 'localhost/a:1',
  command: ['sh', '-c', 'id'],
  env: { A: 'b=c' },
  labels: { 'io.cynodeai.kind': 'sandbox' },
  mounts: [{ hostPath: '/m/w', containerPath: '/workspace', readOnly: false }],
  workdir: '/workspace',
  timeoutSeconds: 60,
};
const hostFiles = [{ hostPath: '/e/hosts', containerPath: '/etc/hosts', readOnly: true }];

describe('the body of a create call', () => {
  it('says everything a sandbox is, and nothing that opens it (REQ-WORKER-0105, REQ-WORKER-0251)', () => {
    expect(createBody(profile, spec, hostFiles)).toMatchObject({
      Image: 'localhost/a:1',
      Entrypoint: [''],
      Cmd: ['sh', '-c', 'id'],
      Env: ['A=b=c'],
      Labels: { 'io.cynodeai.kind': 'sandbox' },
      User: '65532:65532',
      WorkingDir: '/workspace',
      Hostname: 'sandbox',
      OpenStdin: false,
      Tty: false,
      HostConfig: {
        AutoRemove: true,
        NetworkMode: 'none',
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges', `seccomp=${seccompProfile(process.arch)}`],
        LogConfig: { Type: 'none' },
        Init: true,
        CgroupnsMode: 'private',
        Binds: ['/e/hosts:/etc/hosts:ro', '/m/w:/workspace:rw'],
      },
    });
    const text = JSON.stringify(createBody(profile, spec, hostFiles));
    expect(text).not.toMatch(/Privileged|CapAdd|Devices|PidMode|IpcMode|unconfined|PortBindings/);
  });

  it('has the limit that outlives the node thirty seconds above its own', () => {
    expect(createBody(profile, spec, [])).toMatchObject({
      Healthcheck: { Test: ['CMD', '/bin/sh', '-c', 'kill -9 -1'], Interval: 90e9, Retries: 1 },
    });
  });

  it('follows the daemon: rootless, SELinux, shared control groups', () => {
    const other = { ...profile, rootless: true, relabel: true, privateCgroups: false };
    expect(createBody(other, spec, hostFiles)).toMatchObject({
      User: '0:0',
      HostConfig: {
        CgroupnsMode: 'host',
        Binds: ['/e/hosts:/etc/hosts:ro,z', '/m/w:/workspace:rw,Z'],
      },
    });
  });
});

describe("the daemon's answers", () => {
  it.each([
    [404, '{"message":"No such image: a:1"}', 125, 'the image is not present on this node'],
    [409, '{"message":"Conflict. The container name is in use"}', 125, 'could not be created'],
    [
      400,
      '{"message":"OCI runtime create failed: exec: \\"x\\": executable file not found in $PATH"}',
      127,
      'not found in the image',
    ],
    [
      400,
      '{"message":"starting container process caused: exec: \\"/etc\\": permission denied"}',
      126,
      'cannot be executed',
    ],
  ])('%i %s means %i', (status, text, exitCode, reason) => {
    const refusal = classifyRefusal({ status, text });
    expect(refusal).toMatchObject({ kind: 'not_started', exitCode });
    expect(refusal.reason).toContain(reason);
  });

  it.each([
    [127, '[FATAL tini (7)] exec nope failed: No such file or directory\n', 127],
    [126, '[FATAL tini (7)] exec /etc failed: Permission denied\n', 126],
    [1, '[FATAL tini (7)] exec nope failed: No such file or directory\n', undefined],
    [127, 'sh: nope: not found\n', undefined],
  ])('an init process that ends with %i and says %j', (code, stderr, exitCode) => {
    expect(initRefusal(code, stderr)?.exitCode).toBe(exitCode);
  });

  it('are one line, whatever they are', () => {
    expect(daemonMessage({ status: 500, text: '{"message":"a\\n b"}' })).toBe('a b');
    expect(daemonMessage({ status: 500, text: '{"other":1}' })).toBe('{"other":1}');
    expect(daemonMessage({ status: 502, text: ' ' })).toBe('status 502');
  });
});

describe('DOCKER_HOST', () => {
  it.each([
    [undefined, '/var/run/docker.sock'],
    ['', '/var/run/docker.sock'],
    ['unix:///run/user/1000/docker.sock', '/run/user/1000/docker.sock'],
  ])('%s is %s', (value, path) => {
    expect(socketPathOf(value)).toBe(path);
  });

  it.each(['tcp://127.0.0.1:2375', 'ssh://host', 'unix://relative', '/var/run/docker.sock'])(
    'refuses %s, because files are bound from this machine',
    (value) => {
      expect(() => socketPathOf(value)).toThrow('socket of this machine');
    },
  );
});
