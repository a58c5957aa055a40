import { mustRun } from '@cynodeai/runtime/process';
import { randomBytes } from 'node:crypto';
import process from 'node:process';

/** One of two machines: what runs through it has its network alone. */
export interface Machine {
  readonly address: string;
  /** Goes before a command that is to run there. */
  readonly through: readonly string[];
}

/**
 * Two network namespaces with an address each and a cable between them: as far as a network goes, two machines. The
 * name keeps runs of the suite apart.
 */
export class TwoMachines implements AsyncDisposable {
  readonly first: Machine;
  readonly second: Machine;
  readonly #spaces: readonly [string, string];

  private constructor(spaces: readonly [string, string]) {
    this.#spaces = spaces;
    const machine = (space: string, address: string): Machine => ({
      address,
      // `ip netns exec` would take /sys away with its control groups.
      through: ['nsenter', `--net=/run/netns/${space}`, '--'],
    });
    this.first = machine(spaces[0], '10.77.0.1');
    this.second = machine(spaces[1], '10.77.0.2');
  }

  static async create(): Promise<TwoMachines> {
    const id = `${process.pid}${randomBytes(2).toString('hex')}`;
    const machines = new TwoMachines([`cyna${id}`, `cynb${id}`]);
    const [a, b] = machines.#spaces;
    await ip('netns', 'add', a);
    await ip('netns', 'add', b);
    await ip('link', 'add', 'cable', 'netns', a, 'type', 'veth', 'peer', 'cable', 'netns', b);
    for (const [space, { address }] of [
      [a, machines.first],
      [b, machines.second],
    ] as const) {
      await ip('-n', space, 'address', 'add', `${address}/24`, 'dev', 'cable');
      await ip('-n', space, 'link', 'set', 'lo', 'up');
      await ip('-n', space, 'link', 'set', 'cable', 'up');
    }
    return machines;
  }

  /** Takes the cable out, or puts it in. */
  async cable(state: 'up' | 'down'): Promise<void> {
    await ip('-n', this.#spaces[0], 'link', 'set', 'cable', state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const space of this.#spaces) await ip('netns', 'delete', space);
  }
}

async function ip(...args: readonly string[]): Promise<void> {
  await mustRun('ip', args);
}
