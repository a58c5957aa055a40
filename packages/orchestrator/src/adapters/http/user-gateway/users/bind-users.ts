import type { HttpServer } from '@cynodeai/runtime/http';
import type { ChangePasswordDeps } from '../../../../app/users/change-password.ts';
import type { ListUsersDeps } from '../../../../app/users/list-users.ts';
import type { ResetPasswordDeps } from '../../../../app/users/reset-password.ts';
import type { CallerGuard } from '../caller.ts';
import { bindChangePassword } from './change-password.ts';
import { type CreateUserParts, bindCreateUser } from './create.ts';
import { bindDisableUser } from './disable.ts';
import { bindEnableUser } from './enable.ts';
import { bindGetUser } from './get.ts';
import { bindListUsers } from './list.ts';
import { bindMe } from './me.ts';
import { bindResetPassword } from './reset-password.ts';
import { bindRevokeSessions } from './revoke-sessions.ts';

/** What the routes on users are made of. */
export type UserParts = CreateUserParts & ListUsersDeps & ResetPasswordDeps & ChangePasswordDeps;

/** Serves every route on users. */
export function bindUsers(server: HttpServer, guard: CallerGuard, parts: UserParts): void {
  bindMe(server, guard);
  bindChangePassword(server, guard, parts);
  bindCreateUser(server, guard, parts);
  bindListUsers(server, guard, parts);
  bindGetUser(server, guard, parts.users);
  bindDisableUser(server, guard, parts);
  bindEnableUser(server, guard, parts);
  bindRevokeSessions(server, guard, parts);
  bindResetPassword(server, guard, parts);
}
