import type { Secret } from '@cynodeai/runtime/config';
import { ToolFailure, type Tools } from '../../ports/tools.ts';
import { type ToolClient, openTools } from './tool-client.ts';

export interface AgentToolsOptions {
  /** The door of agents, with its path. */
  readonly url: string;
  readonly contextId?: string;
  readonly token: () => Promise<Secret>;
  /** Called with a token that was refused. */
  readonly forget?: (token: Secret) => void;
}

/** Tools whose connection is opened by the first call, and anew behind one that could not be made. */
export class AgentTools implements Tools {
  readonly #options: AgentToolsOptions;
  #opened: Promise<ToolClient> | undefined;

  constructor(options: AgentToolsOptions) {
    this.#options = options;
  }

  readonly call: Tools['call'] = async (name, args, signal) => {
    const opening = (this.#opened ??= this.#open());
    try {
      return await (await opening).call(name, args, signal);
    } catch (error) {
      if (error instanceof ToolFailure && error.type === 'unreachable') this.#drop(opening);
      throw error;
    }
  };

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.then(
      (client) => client.close(),
      () => {},
    );
  }

  async #open(): Promise<ToolClient> {
    const { url, contextId, token: issue, forget } = this.#options;
    let token: Secret;
    try {
      token = await issue();
    } catch (cause) {
      throw new ToolFailure('unreachable', 'no token for the tools could be had', { cause });
    }
    try {
      return await openTools({ url, token, ...(contextId !== undefined && { contextId }) });
    } catch (error) {
      forget?.(token);
      throw error;
    }
  }

  #drop(opening: Promise<ToolClient>): void {
    if (this.#opened !== opening) return;
    void this.close();
  }
}
