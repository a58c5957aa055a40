import { toolLimits } from '@cynodeai/contracts/mcp';
import type { Clock } from '@cynodeai/runtime/std';

/** Settings of the gateway by key. */
export type ReadGatewaySettings = () => Promise<ReadonlyMap<string, unknown>>;

/** Keys of the settings it looks at. See docs/reference/settings.md#system-settings. */
export const gatewaySettingKeys = {
  disabledTools: 'mcp.tools.disabled',
  managerRate: 'mcp.rate.pm_per_minute',
} as const;

/** How long what was read is good: a change takes effect within five seconds. */
const freshMs = 2000;

/** What an administrator has switched off and set, read anew every other second at most. */
export class ToolSwitches {
  readonly #read: ReadGatewaySettings;
  readonly #clock: Clock;
  #readAt = -Infinity;
  #settings: Promise<ReadonlyMap<string, unknown>> | undefined;

  constructor(read: ReadGatewaySettings, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  async isDisabled(tool: string): Promise<boolean> {
    const names = (await this.#fresh()).get(gatewaySettingKeys.disabledTools);
    return Array.isArray(names) && names.includes(tool);
  }

  /** Calls a minute of a Project Manager. */
  async managerRate(): Promise<number> {
    const rate = (await this.#fresh()).get(gatewaySettingKeys.managerRate);
    return typeof rate === 'number' && rate > 0 ? rate : toolLimits.managerCallsPerMinute;
  }

  async #fresh(): Promise<ReadonlyMap<string, unknown>> {
    const now = this.#clock.now().getTime();
    if (this.#settings === undefined || now - this.#readAt >= freshMs) {
      this.#readAt = now;
      const reading = this.#read();
      this.#settings = reading;
      // What could not be read is read again by the next call.
      reading.catch(() => {
        if (this.#settings === reading) this.#settings = undefined;
      });
    }
    return this.#settings;
  }
}
