import { describe, expect, it } from 'vitest';
import { controlPlaneEnvironment } from '../environment/control-plane.ts';
import { demoModelEnvironment } from '../environment/demo-model.ts';
import { nodeEnvironment } from '../environment/node.ts';
import { userGatewayEnvironment } from '../environment/user-gateway.ts';
import { parseEnv } from './env.ts';
import { integerField, secretField } from './fields.ts';
import { type Environment, schemaOf } from './variables.ts';

const schema = schemaOf({
  COUNT: { field: integerField(1, 9), about: 'a count', default: '3' },
  KEY: { field: secretField(), about: 'a key', required: true, secret: true },
  LIMIT: { field: integerField(1, 9), about: 'a limit', unset: 'none' },
});

describe('the schema of a table of variables', () => {
  it('reads a default like a value that was set, and knows what may be absent', () => {
    const { KEY, ...rest } = parseEnv(schema, { KEY: 'k', COUNT: '' });
    expect(KEY.reveal()).toBe('k');
    expect(rest).toEqual({ COUNT: 3 });
  });

  it('names what is required', () => {
    expect(() => parseEnv(schema, { COUNT: '10' })).toThrow(
      'COUNT: must be a whole number from 1 to 9\nKEY is required',
    );
  });
});

describe.each<[string, Environment]>([
  ['user gateway', userGatewayEnvironment],
  ['control plane', controlPlaneEnvironment],
  ['node', nodeEnvironment],
  ['demo model', demoModelEnvironment],
])('the variables of the %s', (_role, environment) => {
  it.each(Object.entries(environment))(
    '%s: what it does and what holds without it',
    (_name, row) => {
      expect(row.about).toMatch(/^\S.*[^.]$/);
      const ways = [row.required !== undefined, row.default !== undefined, row.unset !== undefined];
      expect(ways.filter(Boolean)).toHaveLength(1);
      if (row.default !== undefined) expect(row.field.safeParse(row.default).success).toBe(true);
    },
  );
});
