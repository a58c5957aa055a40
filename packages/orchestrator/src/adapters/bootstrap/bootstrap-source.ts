import { utf8Bytes } from '@cynodeai/contracts/common';
import { type SettingValueType, settingLimits } from '@cynodeai/contracts/gateway';
import type { Env } from '@cynodeai/runtime/config';
import { messageOf } from '@cynodeai/runtime/std';
import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type {
  BootstrapAdmin,
  BootstrapEntry,
  BootstrapRule,
} from '../../domain/bootstrap/bootstrap-file.ts';
import { OrchestratorError } from '../../domain/errors.ts';
import { newHandle } from '../../domain/identity/handle.ts';
import { requireAcceptablePassword } from '../../domain/identity/password-rules.ts';
import { checkPayload } from '../../domain/nodes/check-payload.ts';
import { checkSetting } from '../../domain/settings/check-setting.ts';
import { findSecretField, isSecretName } from '../../domain/settings/secret-names.ts';
import { valueTypeOf } from '../../domain/settings/setting.ts';
import type { BootstrapSource } from '../../ports/bootstrap.ts';
import { type BootstrapDocument, bootstrapFileSchema } from './file-schema.ts';

/** Larger than any such file has reason to be. */
const maxBytes = 4 * 1024 * 1024;

function refuse(message: string, cause?: unknown): never {
  throw new OrchestratorError('bootstrap_invalid', message, { cause });
}

async function textOf(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return refuse(`the file cannot be read: ${messageOf(error)}`, error);
  }
  return utf8Bytes(text) > maxBytes ? refuse(`the file is larger than ${maxBytes} bytes`) : text;
}

/** What the YAML says. Its text is never repeated: it may hold a secret by mistake. */
function documentOf(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) {
    const { line, col } = lineCounter.linePos(fault.pos[0]);
    refuse(`not valid YAML at line ${line}, column ${col} (${fault.code})`);
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return refuse('not valid YAML: too many aliases, or one without an anchor', error);
  }
}

function faultOf(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join('.');
  return `${path === '' ? 'the file' : path}: ${issue.message}`;
}

function checked(path: string, check: () => SettingValueType): SettingValueType {
  try {
    return check();
  } catch (error) {
    return refuse(`${path}: ${messageOf(error)}`, error);
  }
}

function settingsOf(document: BootstrapDocument): BootstrapEntry[] {
  const registry = document.sandbox_image_registry ?? {};
  const prefix = 'sandbox_images';
  const policy: Readonly<Record<string, unknown>> = {
    [`${prefix}.registries`]: registry.registries,
    [`${prefix}.registry.mode`]: registry.mode,
    [`${prefix}.nodes.prefer_cached_images`]: registry.prefer_cached_images,
    [`${prefix}.allow_public_internet`]: registry.allow_public_internet,
    [`${prefix}.require_digest_pinning`]: registry.require_digest_pinning,
  };
  return [
    ...document.system_settings.map(({ key, value, value_type }, at) => {
      const path = `system_settings.${at} (${key})`;
      return { key, value, valueType: checked(path, () => checkSetting(key, value, value_type)) };
    }),
    ...Object.entries(policy)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ({
        key,
        value,
        valueType: checked('sandbox_image_registry', () => checkRegistry(key, value)),
      })),
  ];
}

/** `credentials_env` names a variable, which is no secret; the rest is checked like any setting. */
function checkRegistry(key: string, value: unknown): SettingValueType {
  return checkSetting(key, value, undefined);
}

function preferencesOf(document: BootstrapDocument): BootstrapEntry[] {
  return document.preferences.map(({ key, value, value_type: valueType }, at) => {
    const path = `preferences.${at} (${key})`;
    const type = valueTypeOf(value);
    // A null masks lower scopes, whatever the type.
    if (value !== null && type !== valueType) {
      return refuse(`${path}: value_type says ${valueType}, but the value is of another type`);
    }
    checked(path, () => {
      checkPayload({ value });
      return valueType;
    });
    if (utf8Bytes(JSON.stringify(value)) > settingLimits.valueBytes) {
      refuse(`${path}: must not be larger than ${settingLimits.valueBytes} bytes as JSON`);
    }
    return { key, value, valueType };
  });
}

function rulesOf(document: BootstrapDocument): BootstrapRule[] {
  return document.access_control_rules.map((rule) => ({
    subjectType: rule.subject_type,
    subjectId: rule.subject_id ?? undefined,
    action: rule.action,
    resourceType: rule.resource_type,
    resourcePattern: rule.resource_pattern,
    effect: rule.effect,
    priority: rule.priority,
    conditions: rule.conditions ?? undefined,
  }));
}

function adminOf({ admin_user: admin }: BootstrapDocument, env: Env): BootstrapAdmin | undefined {
  if (admin === undefined) return undefined;
  const password = env[admin.password_env];
  if (password === undefined || password === '') {
    return refuse(`admin_user: the environment variable ${admin.password_env} is not set`);
  }
  try {
    const handle = newHandle(admin.handle);
    requireAcceptablePassword(password, handle, 'the password');
    return { handle, password };
  } catch (error) {
    return refuse(`admin_user: ${messageOf(error)}`, error);
  }
}

function requireDistinct(what: string, entries: readonly BootstrapEntry[]): void {
  const keys = entries.map(({ key }) => key);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) refuse(`${what}: ${twice} is stated twice`);
}

/** Secrets come from the environment; a file that holds one is refused before anything else is said of it. */
function refuseSecrets(document: unknown): void {
  const field = findSecretField(document);
  if (field !== undefined) {
    refuse(
      `${field}: secrets do not belong into this file; name an environment variable instead (…_env)`,
    );
  }
}

/**
 * The bootstrap YAML at a path. See docs/reference/settings.md#bootstrap-file (REQ-BOOTST-0100,
 * REQ-BOOTST-0101).
 */
export function yamlBootstrapSource(path: string, env: Env): BootstrapSource {
  return {
    read: async () => {
      const raw = documentOf(await textOf(path));
      refuseSecrets(raw);
      const parsed = bootstrapFileSchema.safeParse(raw);
      if (!parsed.success) return refuse(parsed.error.issues.map(faultOf).join('; '));
      const document = parsed.data;
      const secretKey = document.preferences.find(({ key }) => isSecretName(key));
      if (secretKey !== undefined) refuse(`preferences: ${secretKey.key} would hold a secret`);
      const settings = settingsOf(document);
      const preferences = preferencesOf(document);
      requireDistinct('system_settings', settings);
      requireDistinct('preferences', preferences);
      return { settings, preferences, rules: rulesOf(document), admin: adminOf(document, env) };
    },
  };
}
