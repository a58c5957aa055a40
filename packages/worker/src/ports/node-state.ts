/** What a node remembers across restarts; holds no secret. */
export interface NodeState {
  /** Makes the state directory usable. @throws NodeError `state_unusable` */
  open(): Promise<void>;
  /** Version of the last configuration that was applied in any run. @throws NodeError `state_unusable` */
  lastApplied(): Promise<string | undefined>;
  /** Remembers an applied version durably. @throws NodeError `state_unusable` */
  saveApplied(configVersion: string): Promise<void>;
}
