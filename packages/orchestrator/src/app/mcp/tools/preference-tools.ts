import type { Preference } from '@cynodeai/contracts/mcp';
import type { Clock } from '@cynodeai/runtime/std';
import {
  type PreferenceScope,
  canReadPreferences,
  canWritePreferences,
} from '../../../domain/mcp/preference-access.ts';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import { checkPreference } from '../../../domain/preferences/check-preference.ts';
import { effectivePreferences } from '../../../domain/preferences/effective-preferences.ts';
import type { PreferenceRecord, PreferenceRef } from '../../../domain/preferences/preference.ts';
import type { Seal } from '../../../domain/tasks/page-cursor.ts';
import type { FindScope } from '../../../ports/mcp.ts';
import type { PreferenceReader } from '../../../ports/preferences.ts';
import type { ToolEffects } from '../../../ports/tool-effects.ts';
import type { HandlersBelow, ToolCall } from '../tool-handlers.ts';
import { nameOf, userOf } from './call-user.ts';
import { pageByText } from './pages.ts';

export interface PreferenceToolDeps {
  readonly preferences: PreferenceReader;
  readonly findScope: FindScope;
  readonly seal: Seal;
  readonly clock: Clock;
}

interface NamedScope {
  readonly scope_type: PreferenceScope['type'];
  readonly scope_id?: string | undefined;
}

function viewOf(record: PreferenceRecord): Preference {
  return {
    id: record.id,
    scope_type: record.scopeType,
    scope_id: record.scopeId ?? null,
    key: record.key,
    value: record.value,
    value_type: record.valueType,
    version: record.version,
    updated_at: record.updatedAt.toISOString(),
    updated_by: record.updatedBy,
  };
}

const notSet = (): ToolRefusal => new ToolRefusal('not_found', 'no such preference in that scope');

async function scopeOf(
  { findScope }: PreferenceToolDeps,
  { scope_type: type, scope_id: id }: NamedScope,
): Promise<PreferenceScope> {
  if (type !== 'task' || id === undefined) return { type, id };
  return { type, id, task: (await findScope({ task_id: id })).task };
}

async function requireReadable(
  deps: PreferenceToolDeps,
  call: ToolCall,
  named: NamedScope,
): Promise<Omit<PreferenceRef, 'key'>> {
  if (!canReadPreferences(call.caller, await scopeOf(deps, named))) throw notSet();
  return { scopeType: named.scope_type, scopeId: named.scope_id };
}

async function requireWritable(
  deps: PreferenceToolDeps,
  call: ToolCall,
  named: NamedScope & { readonly key: string },
): Promise<PreferenceRef> {
  if (!canWritePreferences(call.caller, await scopeOf(deps, named))) {
    throw new ToolRefusal(
      'policy_denied',
      'the user you work for may not change preferences of that scope',
    );
  }
  return { scopeType: named.scope_type, scopeId: named.scope_id, key: named.key };
}

interface Change {
  readonly value: unknown;
  readonly value_type: Preference['value_type'];
  readonly expected_version?: number | undefined;
  readonly reason?: string | undefined;
}

function requireVersion(expected: number | undefined, current: PreferenceRecord): void {
  if (expected === undefined || expected === current.version) return;
  throw new ToolRefusal(
    'conflict',
    `the preference has version ${current.version}, not ${expected}; read it again`,
  );
}

/** Writes a preference that is there, or one that is not, as `exists` says. */
async function write(
  { preferences }: ToolEffects,
  ref: PreferenceRef,
  { value, value_type, expected_version, reason }: Change,
  by: { readonly exists: boolean; readonly actor: string; readonly at: Date },
): Promise<{ preference: Preference }> {
  const valueType = checkPreference(ref.key, value, value_type);
  const before = await preferences.lock(ref);
  if (by.exists && before === undefined) throw notSet();
  if (!by.exists && before !== undefined) {
    throw new ToolRefusal('conflict', 'the preference is there already; change it instead');
  }
  if (before !== undefined) requireVersion(expected_version, before);
  const { actor, at } = by;
  const written = await preferences.write({ ...ref, value, valueType }, { actor, reason, at });
  return { preference: viewOf(written) };
}

/** Handlers of the tools on preferences. See docs/reference/settings.md#preferences. */
export function preferenceTools(deps: PreferenceToolDeps): HandlersBelow<'db.preference'> {
  const { preferences, seal, clock } = deps;
  return {
    'db.preference.get': async (call, args) => {
      const scope = await requireReadable(deps, call, args);
      const found = await preferences.find({ ...scope, key: args.key });
      if (found === undefined) throw notSet();
      return { preference: viewOf(found) };
    },
    'db.preference.list': async (call, args) => {
      const scope = await requireReadable(deps, call, args);
      const { key_prefix: keyPrefix = '' } = args;
      const keyOf = (row: PreferenceRecord): string => row.key;
      const { rows, next_cursor } = await pageByText(seal, args, keyOf, (after, limit) =>
        preferences.list({ ...scope, keyPrefix, after, limit }),
      );
      return { preferences: rows.map(viewOf), next_cursor };
    },
    'db.preference.effective': async (call, { include_sources: withSources = false }) => {
      const { userId, groupIds } = userOf(call);
      const { taskId, projectId } = call.scope;
      const context = { userId, groupIds, projectId, taskId };
      const { effective, sources, invalid } = effectivePreferences(
        await preferences.within(context),
      );
      const placed = ({ key, scopeType, scopeId }: PreferenceRef) => ({
        key,
        scope_type: scopeType,
        scope_id: scopeId ?? null,
      });
      return {
        effective: { ...effective },
        ...(withSources && {
          sources: sources.map((one) => ({ ...placed(one), version: one.version })),
        }),
        invalid: invalid.map((one) => ({ ...placed(one), reason: one.reason })),
      };
    },
    'db.preference.create': async (call, args) => {
      const ref = await requireWritable(deps, call, args);
      const by = { exists: false, actor: nameOf(call), at: clock.now() };
      return (effects) => write(effects, ref, args, by);
    },
    'db.preference.update': async (call, args) => {
      const ref = await requireWritable(deps, call, args);
      const by = { exists: true, actor: nameOf(call), at: clock.now() };
      return (effects) => write(effects, ref, args, by);
    },
    'db.preference.delete': async (call, args) => {
      const ref = await requireWritable(deps, call, args);
      const change = { actor: nameOf(call), reason: args.reason, at: clock.now() };
      return async ({ preferences: written }) => {
        const before = await written.lock(ref);
        if (before === undefined) throw notSet();
        requireVersion(args.expected_version, before);
        await written.remove(before, change);
        return { deleted: true };
      };
    },
  };
}
