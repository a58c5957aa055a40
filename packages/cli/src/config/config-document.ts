import { type Document, parseDocument } from 'yaml';
import { z } from 'zod';
import { CliError } from '../base/cli-error.ts';
import { type KeptSession, keptSession } from './session.ts';

const text = z.string().nullish();

/**
 * Keys this release knows; others are kept and ignored. See docs/reference/cli.md#configuration.
 */
const schema = z.looseObject({
  gateway_url: text,
  token: text,
  refresh_token: text,
  token_gateway: text,
  sessions: z.array(z.looseObject({ gateway: text, token: text, refresh_token: text })).nullish(),
  contexts: z
    .record(z.string(), z.looseObject({ gateway_url: z.string(), authority: text }))
    .nullish(),
  credential_helper: text,
  active_project_id: text,
  tls: z.looseObject({ ca_file: text, cert_file: text, key_file: text }).nullish(),
});

/** A named gateway, with keys that this release does not know. */
export interface StoredContext {
  readonly gateway_url: string;
  /** Certificate of the authority it was known by when it was logged in to, PEM; absent: those of the system. */
  readonly authority?: string | null | undefined;
  readonly [key: string]: unknown;
}

/** Known keys of the config file; empty and null count as absent. */
export interface StoredConfig {
  readonly gatewayUrl?: string;
  /** The one at the top of the file first. */
  readonly sessions: readonly KeptSession[];
  /** What is kept of each named gateway. */
  readonly contexts: ReadonlyMap<string, StoredContext>;
  readonly credentialHelper?: string;
  readonly activeProjectId?: string;
}

function invalid(path: string, why: string, cause?: unknown): CliError {
  return new CliError('usage', `config file ${path} cannot be used: ${why}`, {
    ...(cause !== undefined && { cause }),
  });
}

/** Parses YAML; the library's own messages quote the text, which may hold a token, so they are not shown. */
export function parseConfigDocument(path: string, source: string): Document {
  const document = parseDocument(source, { prettyErrors: false, logLevel: 'silent' });
  const [fault] = document.errors;
  if (fault === undefined) return document;
  const line = source.slice(0, fault.pos[0]).split('\n').length;
  throw invalid(path, `it is not valid YAML (line ${line}, ${fault.code.toLowerCase()})`);
}

function contentOf(path: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 10 }) ?? {};
  } catch (cause) {
    throw invalid(path, 'it is not valid YAML', cause);
  }
}

/** The known keys of a parsed file. @throws CliError `usage` when it is no mapping or a known key has another type. */
export function readConfigDocument(path: string, document: Document): StoredConfig {
  const content = contentOf(path, document);
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw invalid(path, 'it must be a mapping of keys to values');
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    const key = parsed.error.issues[0]?.path.join('.') ?? '';
    throw invalid(path, `${key} has the wrong type`);
  }
  const { gateway_url, credential_helper, active_project_id, ...data } = parsed.data;
  const sessions = [
    keptSession(data.token_gateway, data.token, data.refresh_token),
    ...(data.sessions ?? []).map((kept) =>
      // Without a word of whose it is, it is nobody's.
      keptSession(kept.gateway || 'unknown', kept.token, kept.refresh_token),
    ),
  ];
  return {
    ...(gateway_url && { gatewayUrl: gateway_url }),
    sessions: sessions.filter((kept) => kept !== undefined),
    contexts: new Map(Object.entries(data.contexts ?? {})),
    ...(credential_helper && { credentialHelper: credential_helper }),
    ...(active_project_id && { activeProjectId: active_project_id }),
  };
}
