import { limits } from '@cynodeai/contracts/common';
import { z } from 'zod';
import { hostNamesField } from './host-names-field.ts';
import {
  type Environment,
  durationField,
  integerField,
  listenField,
  secretField,
} from '../config/index.ts';

const mib = 1024 * 1024;

/** Variables of every role of the orchestrator: they listen, and give up on slow clients. */
export const serverEnvironment = {
  LISTEN_ADDR: {
    field: listenField(),
    about: 'Address to listen on, for a role alone in its process',
    unset: 'every address, the port of the role',
  },
  TLS_CERT_FILE: {
    field: z.string().min(1),
    about: 'Certificate, with those that lead to its authority, PEM',
    unset: 'no TLS',
  },
  TLS_KEY_FILE: {
    field: z.string().min(1),
    about: 'Key of that certificate, PEM; it may be the same file',
    unset: '`TLS_CERT_FILE`',
  },
  READ_TIMEOUT: { field: durationField(), about: 'Longest time to read a request', default: '30s' },
  WRITE_TIMEOUT: {
    field: durationField(),
    about: 'Longest time to write an answer',
    default: '300s',
  },
  IDLE_TIMEOUT: {
    field: durationField(),
    about: 'How long a connection is kept between requests',
    default: '120s',
  },
  MAX_HEADER_BYTES: {
    field: integerField(1024, mib),
    about: 'Largest head of a request, bytes',
    default: String(limits.headerBytes),
  },
  MAX_CONNECTIONS_PER_ADDRESS: {
    field: integerField(1, 1_000_000),
    about: 'Connections of one client address',
    default: '512',
  },
  ALLOWED_HOSTS: {
    field: hostNamesField(),
    about: 'Public names it is called by, with commas; `*` for any',
    default: '',
  },
  INSTALL_PROOF_KEY: {
    field: secretField(32),
    about: 'Key of its proof, set by `cynode` only',
    unset: 'none',
    secret: true,
  },
} as const satisfies Environment;
