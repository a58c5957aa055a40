/** Who a node is: a key pair made once, whose private half stays in the state folder. */
export interface NodeIdentity {
  /** 32 bytes as base64url. */
  readonly publicKey: string;
  /** A signature over the text, 64 bytes as base64url. */
  readonly sign: (text: string) => string;
}

/** What a node remembers across restarts. Its one secret is the private key of its identity, in a file of mode 0600. */
export interface NodeState {
  /**
   * Makes the state directory usable and takes it for this process, before anything in it is touched.
   * @throws NodeError `state_unusable`; `state_locked` when another node process has it
   */
  open(): Promise<void>;
  /** Gives the state directory free; the end of the process does the same. */
  close(): Promise<void>;
  /**
   * The node's identity, the same in every run; made and stored durably at the first call.
   * See docs/reference/nodes.md#identity.
   * @throws NodeError `state_unusable`
   */
  identity(): Promise<NodeIdentity>;
  /**
   * The certificate of the Worker API, PEM, and the file where it stands with its key; made at the first call.
   * @throws NodeError `state_unusable`
   */
  certificate(slug: string): Promise<{ readonly certificate: string; readonly file: string }>;
  /** Version of the last configuration that was applied in any run. @throws NodeError `state_unusable` */
  lastApplied(): Promise<string | undefined>;
  /** Remembers an applied version durably. @throws NodeError `state_unusable` */
  saveApplied(configVersion: string): Promise<void>;
}
