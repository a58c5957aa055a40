import type { UserReader } from '../../../../ports/users.ts';
import type { Executor } from '../../database.ts';
import { findUser } from './find-user.ts';
import { listUsers } from './list-users.ts';

/** Users in PostgreSQL, to read. */
export function postgresUserReader(db: Executor): UserReader {
  return { find: (id) => findUser(db, id), list: (query) => listUsers(db, query) };
}
