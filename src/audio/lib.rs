//! Sound, pure: RTP, G.711, RFC 4733, mixing, WAV, and numbers spoken from clips.
