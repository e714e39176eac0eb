/** Everything that bounds a FastAGI session. Times in milliseconds. */
export interface AgiLimits {
  /** from the connection to the end of the environment block */
  readonly environmentMsMax: number;
  /** characters of the whole environment block */
  readonly environmentCharsMax: number;
  /** answer to an ordinary command */
  readonly commandMsMax: number;
  /** one prompt, from first to last sample */
  readonly playMsMax: number;
  /** bytes of a command without its LF: 8190, or 2046 for releases with the small buffer */
  readonly commandBytesMax: number;
  /** commands that may wait behind the one in flight */
  readonly commandsQueuedMax: number;
  /** characters of one reply, all its lines together */
  readonly replyCharsMax: number;
  /** lines out of place before the session is given up */
  readonly protocolErrorsMax: number;
  /** between our FIN and the peer's; then the socket is destroyed */
  readonly lingerMsMax: number;
  /** time an application has left after HANGUP: the channel stays allocated until we close (asterisk-behaviour 1.9) */
  readonly hangupMsMax: number;
}

export const agiLimitDefaults: AgiLimits = {
  environmentMsMax: 5_000,
  environmentCharsMax: 64 * 1024,
  commandMsMax: 5_000,
  playMsMax: 600_000,
  commandBytesMax: 8_190,
  commandsQueuedMax: 64,
  replyCharsMax: 64 * 1024,
  protocolErrorsMax: 20,
  lingerMsMax: 2_000,
  hangupMsMax: 10_000,
};
