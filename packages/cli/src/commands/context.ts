import type { GatewayClient } from '@cynodeai/api-client';
import type { Env } from '@cynodeai/runtime/config';
import type { ContextStore } from '../config/context-store.ts';
import type { SessionStore } from '../config/session-store.ts';
import type { Settings } from '../config/settings.ts';
import type { Notes, Output } from '@cynodeai/command-line/output';
import type { Terminal } from '@cynodeai/command-line/terminal';

/** What a process offers to its one command; a handler takes the parts it uses. */
export interface CommandContext {
  /** The environment the program was started with, without its token. */
  readonly env: Env;
  readonly settings: Settings;
  readonly output: Output;
  readonly notes: Notes;
  readonly terminal: Terminal;
  readonly sessions: SessionStore;
  readonly contexts: ContextStore;
  /** Fires on SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  /** The gateway for calls that need no session. @throws CliError `usage` for a bad address. */
  readonly anonymous: () => Promise<GatewayClient>;
  /** Like `anonymous`, for calls that carry a password or a refresh token: warns before one crosses a network in the clear. With an authority its certificate has to come from that one. */
  readonly signingIn: (authority?: string) => Promise<GatewayClient>;
  /** Another gateway, for such calls. @throws CliError `usage` for a bad address. */
  readonly signingInAt: (url: string) => Promise<GatewayClient>;
  /** The gateway with a session. @throws CliError `auth` when there is none; nothing has been sent then. */
  readonly authenticated: () => Promise<GatewayClient>;
}
