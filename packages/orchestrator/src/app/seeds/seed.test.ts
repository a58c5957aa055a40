import { memoryLog } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import type { SeedTransaction } from '../../ports/seeds.ts';
import { seed } from './seed.ts';

async function seedWith(adminPassword: string) {
  const log = memoryLog();
  const created: string[] = [];
  const transaction: SeedTransaction = {
    ensureSystemUser: async () => {},
    ensureRoles: async () => {},
    hasAdministrator: async () => false,
    isHandleTaken: async () => false,
    createAdministrator: async ({ handle }) => void created.push(handle),
    seedSetting: async () => false,
  };
  await seed({
    store: { transaction: (work) => work(transaction) },
    log,
    hashPassword: async () => 'hash',
    adminPassword,
    defaultImage: undefined,
  });
  return { created, text: log.text() };
}

describe('the bootstrap password', () => {
  it('may be a common one, with a warning that does not repeat it', async () => {
    const weak = await seedWith('Admin12345');
    expect(weak.created).toEqual(['admin']);
    expect(weak.text).toContain('guessed first');
    expect(weak.text).not.toContain('Admin12345');
    expect((await seedWith('correct horse battery')).text).not.toContain('guessed first');
  });
});
