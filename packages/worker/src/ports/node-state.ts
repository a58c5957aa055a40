/** What a node remembers across restarts; holds no secret. */
export interface NodeState {
  /**
   * Makes the state directory usable and takes it for this process, before anything in it is touched.
   * @throws NodeError `state_unusable`; `state_locked` when another node process has it
   */
  open(): Promise<void>;
  /** Gives the state directory free; the end of the process does the same. */
  close(): Promise<void>;
  /** Version of the last configuration that was applied in any run. @throws NodeError `state_unusable` */
  lastApplied(): Promise<string | undefined>;
  /** Remembers an applied version durably. @throws NodeError `state_unusable` */
  saveApplied(configVersion: string): Promise<void>;
}
