import { z } from 'zod';
import {
  type Environment,
  durationField,
  integerField,
  listenField,
  secretField,
} from '../config/index.ts';
import { splitPaths } from '../std/index.ts';
import { networksField } from './networks-field.ts';
import { serverEnvironment } from './server.ts';
import { storageEnvironment } from './storage.ts';

/** Variables of the user gateway. See docs/environment.md#orchestrator. */
export const userGatewayEnvironment = {
  ...storageEnvironment,
  JWT_SECRET: {
    field: secretField(32),
    about: 'Key that signs the tokens of users and nodes, at least 32 bytes',
    required: true,
    secret: true,
  },
  JWT_ACCESS_DURATION: {
    field: durationField(),
    about: 'How long an access token lasts',
    default: '15m',
  },
  JWT_REFRESH_DURATION: {
    field: durationField(),
    about: 'How long a session lasts that is not refreshed',
    default: '168h',
  },
  USER_GATEWAY_LISTEN_ADDR: {
    field: listenField(),
    about: 'Address the user gateway listens on',
    unset: '`LISTEN_ADDR`, else `0.0.0.0:8080`',
  },
  USER_GATEWAY_TLS_LISTEN_ADDR: {
    field: listenField(),
    about: 'Further address, behind TLS',
    unset: 'none',
  },
  ...serverEnvironment,
  MAX_REQUEST_BODY_MB: {
    field: integerField(1, 100),
    about: 'Largest body of a request, MiB',
    default: '10',
  },
  RATE_LIMIT_PER_MINUTE: {
    field: integerField(1, 1_000_000),
    about: 'Logins and refreshes of a client address in a minute',
    default: '60',
  },
  TRUSTED_PROXIES: {
    field: networksField(),
    about: 'Addresses and networks of proxies whose `X-Forwarded-For` is believed',
    default: '',
  },
  WATCHED_DIRECTORIES: {
    field: z.string().transform(splitPaths),
    about:
      'Folders beside the artifacts, `:` between them (a name has `\\:`), whose disks need room',
    default: '',
  },
} as const satisfies Environment;
