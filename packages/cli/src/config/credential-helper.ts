import type { Env } from '@cynodeai/runtime/config';
import { parseJsonOr } from '@cynodeai/runtime/std';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { CliError } from '../base/cli-error.ts';

const limitMs = 10_000;
const maxOutputBytes = 64 * 1024;

/**
 * All a helper gets of our environment; `CYNORK_TOKEN` is never among it.
 * See docs/reference/cli.md#credential-helper.
 */
const allowedEnv =
  /^(?:PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|GNUPGHOME|GPG_TTY|GPG_AGENT_INFO|PASSWORD_STORE_DIR|GNOME_KEYRING_CONTROL|DBUS_SESSION_BUS_ADDRESS|XDG_RUNTIME_DIR)$/;

function allowedPart(env: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => allowedEnv.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}

const replySchema = z.object({ secret: z.string().optional(), error: z.unknown().optional() });

function parseReply(stdout: string): z.infer<typeof replySchema> | undefined {
  return replySchema.safeParse(parseJsonOr(stdout.split('\n', 1)[0] ?? '')).data;
}

type HelperRequest =
  { readonly action: 'get' | 'erase' } | { readonly action: 'store'; readonly secret: string };

export interface HelperOptions {
  /** A relative path of a helper starts at the folder of this file. */
  readonly configFile: string | undefined;
  /** What the allowed variables are taken from. */
  readonly env: Env;
  /** Ends a helper that is asked for the session; a change under way is left to finish. */
  readonly signal: AbortSignal;
}

/**
 * A program that keeps the session in place of the config file.
 * See docs/reference/cli.md#credential-helper (REQ-CLIENT-0149).
 */
export class CredentialHelper {
  readonly #program: string;
  readonly #options: HelperOptions;

  private constructor(program: string, options: HelperOptions) {
    this.#program = program;
    this.#options = options;
  }

  /**
   * A helper named in the config file; a relative path starts at that file's folder.
   * @throws CliError `usage` for a short name: none is built in, and PATH is never searched.
   */
  static named(name: string, options: HelperOptions): CredentialHelper {
    if (!name.includes('/') && !name.startsWith('.')) {
      throw new CliError(
        'usage',
        `credential_helper ${name} is not known; give the path of a program instead`,
      );
    }
    return new CredentialHelper(resolve(dirname(options.configFile ?? '.'), name), options);
  }

  /** The stored secret, empty when there is none. @throws CliError `internal` when the helper fails in any way. */
  async get(): Promise<string> {
    const { secret } = await this.#ask({ action: 'get' });
    if (secret === undefined) throw this.#failure('get', 'its answer has no secret');
    return secret;
  }

  async store(secret: string): Promise<void> {
    await this.#ask({ action: 'store', secret });
  }

  /** Removes the secret; a helper that cannot erase is asked to store an empty one. */
  async erase(): Promise<void> {
    try {
      await this.#ask({ action: 'erase' });
    } catch {
      await this.store('');
    }
  }

  #failure(action: string, why: string): CliError {
    return new CliError(
      'internal',
      `the credential helper could not ${action} the session: ${why}`,
    );
  }

  async #ask(request: HelperRequest): Promise<z.infer<typeof replySchema>> {
    const { runCommand } = await import('@cynodeai/runtime/process');
    const { env, signal } = this.#options;
    const reading = request.action === 'get';
    const result = await runCommand(this.#program, [], {
      env: allowedPart(env),
      input: `${JSON.stringify(request)}\n`,
      timeoutMs: limitMs,
      maxOutputBytes,
      ...(reading && { signal }),
    });
    if (reading) signal.throwIfAborted();
    if (result.timedOut) throw this.#failure(request.action, 'it took longer than 10 s');
    if (result.exitCode !== 0) {
      const code = result.exitCode ?? 'a signal';
      throw this.#failure(
        request.action,
        result.exitCode === 127 ? 'it is not there' : `it ended with ${code}`,
      );
    }
    const reply = parseReply(result.stdout);
    if (reply === undefined)
      throw this.#failure(request.action, 'its answer is not of the protocol');
    if (reply.error !== undefined) throw this.#failure(request.action, 'it answered with an error');
    return reply;
  }
}
