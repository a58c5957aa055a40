import type { Flags } from '@cynodeai/command-line/definition';
import { confirmFlags, pagingFlags } from '../shared/flags.ts';

const keyFlag = {
  key: { type: 'string', required: true, value: 'key', help: 'name of the setting' },
} as const satisfies Flags;

const changeFlags = {
  reason: { type: 'string', value: 'text', help: 'why, for the audit log' },
  expectedVersion: {
    type: 'integer',
    value: 'n',
    min: 1,
    max: 2_147_483_647,
    help: 'change it only if this is its version (exit 5 otherwise)',
  },
} as const satisfies Flags;

export const settingListFlags = {
  prefix: { type: 'string', value: 'text', help: 'only keys that begin with this' },
  ...pagingFlags,
} as const satisfies Flags;

export const settingKeyFlags = keyFlag;

export const setSettingFlags = {
  ...keyFlag,
  value: { type: 'string', value: 'json', help: 'the value as JSON; a text needs its quotes' },
  valueFile: { type: 'string', value: 'path', help: 'file with the value as JSON' },
  ...changeFlags,
} as const satisfies Flags;

export const deleteSettingFlags = {
  ...keyFlag,
  ...changeFlags,
  ...confirmFlags,
} as const satisfies Flags;
