import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineRoute } from './route.ts';

const parts = {
  operation: 'a.b',
  method: 'POST',
  path: '/a',
  summary: 'a',
  success: {},
  errors: [],
} as const;
const body = z.object({});

describe('a route whose body a stranger can send', () => {
  it('is not defined without a limit of its own', () => {
    const limited = { ...parts, auth: 'none', body, bodyLimitBytes: 1 } as const;
    // @ts-expect-error TS2345: a body without a token needs `bodyLimitBytes`
    defineRoute({ ...parts, auth: 'none', body });
    // @ts-expect-error TS2345: a key in the body is not checked before the body is read
    defineRoute({ ...parts, auth: 'psk', body });
    // @ts-expect-error TS2345: a stranger streams nothing
    defineRoute({ ...limited, streamed: 'multipart/form-data' });
    // @ts-expect-error TS2345: nor without a form
    defineRoute({ ...parts, auth: 'none', streamed: 'application/octet-stream' });
    expect(defineRoute(limited).bodyLimitBytes).toBe(1);
    expect(defineRoute({ ...parts, auth: 'worker', body })).not.toHaveProperty('bodyLimitBytes');
  });
});
