import { CodedError } from '@cynodeai/runtime/std';

/** Why the embedded server cannot be used. */
export type PostgresErrorCode =
  /** No binaries for this platform are installed. */
  | 'postgres_binaries_missing'
  /** The socket's path is longer than the kernel takes. */
  | 'postgres_socket_path_too_long'
  /** The data directory belongs to another major version. */
  | 'postgres_version_mismatch'
  /** The data directory could not be made. */
  | 'postgres_init_failed'
  /** A stored password does not open the server. */
  | 'postgres_password_lost'
  /** The server ended or did not answer in time; the message holds its last log lines. */
  | 'postgres_start_failed'
  /** A running server could not be copied. */
  | 'postgres_backup_failed'
  /** The server could not be ended. */
  | 'postgres_stop_failed';

export class PostgresError extends CodedError<PostgresErrorCode> {}
