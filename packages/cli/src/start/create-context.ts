import type { Env } from '@cynodeai/runtime/config';
import type { CommandContext } from '../commands/context.ts';
import { ConfigFile } from '../config/config-file.ts';
import { configPath } from '../config/config-path.ts';
import { ContextStore } from '../config/context-store.ts';
import { SessionStore } from '../config/session-store.ts';
import type { TargetFlags } from '../base/login-command.ts';
import { mergeSettings } from '../config/settings.ts';
import type { Connection } from '../gateway/connect.ts';
import {
  type Notes,
  Output,
  type OutputFormat,
  type TextStream,
} from '@cynodeai/command-line/output';
import { type InputStream, Terminal } from '@cynodeai/command-line/terminal';

/** A context and what must be undone after the command. */
export interface ProcessContext extends CommandContext {
  readonly close: () => Promise<void>;
}

/** What a command line reaches of its process. */
export interface ProcessIo {
  /** Read when it is needed: doing so loads a library. */
  readonly env: () => Promise<Env>;
  readonly stdin: InputStream;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Fires when the process is told to stop. */
  readonly signal: AbortSignal;
}

export interface ContextOptions {
  /** Value of `--config`. */
  readonly config: string | undefined;
  /** `--gateway` and `--context`. */
  readonly named: TargetFlags;
  readonly format: OutputFormat;
  readonly io: ProcessIo;
  readonly notes: Notes;
  /** False when a session that ran out is to stay so; it is renewed otherwise. */
  readonly renew?: boolean;
}

/** Loads the config once and wires what a command may use. @throws CliError `usage` for a config file that cannot be used. */
export async function createContext(options: ContextOptions): Promise<ProcessContext> {
  const { config, named, format, io, notes, renew = true } = options;
  const { signal } = io;
  const env = await io.env();
  const path = configPath(config, env);
  const file = new ConfigFile(path);
  const stored = await file.read();
  if (await file.isExposed()) {
    await notes.warn(`others can read the config file; run: chmod 600 ${path}`);
  }
  const { findLocalInstall } = await import('@cynodeai/api-client/local-install');
  const settings = mergeSettings(stored, env, named, findLocalInstall(env));
  const name = stored.credentialHelper;
  const sessions = new SessionStore({
    file,
    helper: async () => {
      if (name === undefined) return undefined;
      const { CredentialHelper } = await import('../config/credential-helper.ts');
      return CredentialHelper.named(name, { configFile: path, env, signal });
    },
  });
  const connections = new Map<string, Connection>();
  let terminal: Terminal | undefined;
  const connect = async (url?: string, authority?: string): Promise<Connection> => {
    const { Connection } = await import('../gateway/connect.ts');
    const found = settings.target(url);
    const target = authority === undefined ? found : { ...found, authority };
    const known = connections.get(target.url);
    if (known !== undefined) return known;
    const opened = new Connection({ target, settings, sessions, notes, signal, renew });
    connections.set(target.url, opened);
    return opened;
  };
  return {
    env,
    settings,
    output: new Output(format, io.stdout),
    notes,
    get terminal() {
      terminal ??= new Terminal({ input: io.stdin, prompts: io.stderr, signal });
      return terminal;
    },
    sessions,
    contexts: new ContextStore(file),
    signal,
    anonymous: async () => (await connect()).client,
    signingIn: async (authority) => (await connect(undefined, authority)).signingIn(),
    signingInAt: async (url) => (await connect(url)).signingIn(),
    authenticated: async () => (await connect()).authenticated(),
    close: async () => {
      await Promise.all([...connections.values()].map(({ client }) => client.close()));
    },
  };
}
