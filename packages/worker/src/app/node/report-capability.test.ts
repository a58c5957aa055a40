import { waitToPass } from '@cynodeai/testing';
import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import { canonicalHash } from '@cynodeai/runtime/crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeTime } from '../../../test/node/support/fake-time.ts';
import { RecordingLog } from '../../../test/node/support/recording-log.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';
import { OrchestratorSession } from './orchestrator-session.ts';
import { reportCapability } from './report-capability.ts';

const away = new NodeError('orchestrator_unavailable', 'away');
const denied = new NodeError('orchestrator_denied', 'denied');

describe('capability reporting', () => {
  let time: FakeTime;
  let log: RecordingLog;
  let cores: number;
  let change: AbortController;
  let sent: number[];
  let faults: Error[];
  let ackFaults: Error[];
  let acks: number;
  let stop: AbortController;
  let running: Promise<void>;

  const report = async (): Promise<NodeCapabilityReport> => {
    change = new AbortController();
    return made();
  };
  const made = (): NodeCapabilityReport => ({
    version: 1,
    reported_at: time.now().toISOString(),
    node: { node_slug: 'a' },
    platform: { os: 'linux', arch: 'amd64' },
    compute: { cpu_cores: cores, ram_mb: 1 },
  });

  beforeEach(() => {
    time = new FakeTime();
    log = new RecordingLog();
    change = new AbortController();
    [cores, sent, faults, ackFaults, acks] = [1, [], [], [], 0];
    stop = new AbortController();
    const orchestrator: Orchestrator = {
      register: async () => {},
      report: async (body) => {
        const fault = faults.shift();
        if (fault !== undefined) throw fault;
        sent.push(body.compute.cpu_cores);
      },
      fetchConfig: async () => '',
      acknowledge: async () => {},
    };
    const { signal } = stop;
    running = reportCapability(
      {
        session: new OrchestratorSession({ orchestrator, report, renew: async () => {}, signal }),
        report,
        hash: canonicalHash,
        changes: () => change.signal,
        acknowledgeAgain: async () => {
          acks += 1;
          const fault = ackFaults.shift();
          if (fault !== undefined) throw fault;
        },
        timer: time,
        log,
        intervalMs: 60_000,
        lookMs: 10_000,
      },
      signal,
    );
  });

  /** Lets one look pass. */
  const look = async (): Promise<void> => {
    const before = time.slept.length;
    time.advance(10_000);
    await waitToPass(() => expect(time.slept.length).toBeGreaterThan(before));
  };
  const end = (): Promise<void> => {
    stop.abort();
    return running;
  };

  it('reports at once when something changed, else once a minute', async () => {
    await look();
    expect(sent).toEqual([1]);
    for (let count = 0; count < 5; count += 1) await look();
    expect(sent).toEqual([1]);
    await look();
    expect(sent).toEqual([1, 1]);
    cores = 2;
    await look();
    expect(sent).toEqual([1, 1, 2]);
    await end();
  });

  it('repeats a report that was not delivered', async () => {
    faults.push(away, new NodeError('orchestrator_refused', 'odd'));
    await look();
    await look();
    await look();
    expect(sent).toEqual([1]);
    expect(log.lines.filter((line) => line.level === 'warn')).toHaveLength(2);
    await end();
  });

  it('repeats the ack after a new registration until it arrives', async () => {
    faults.push(denied);
    ackFaults.push(away);
    await look();
    expect([sent.length, acks]).toEqual([1, 1]);
    for (let count = 0; count < 6; count += 1) await look();
    expect([sent.length, acks]).toEqual([2, 2]);
    await end();
  });

  it('ends when the node has no standing any more', async () => {
    faults.push(denied, denied);
    time.advance(10_000);
    await expect(running).rejects.toBe(denied);
  });

  it('says nothing about a report that its own end cut short', async () => {
    faults.push(away);
    const told = vi.spyOn(log, 'warn');
    time.advance(10_000);
    stop.abort();
    await running;
    expect(told).not.toHaveBeenCalled();
  });
});
