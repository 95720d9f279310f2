//! WebRTC legs: ICE, DTLS-SRTP and the packets of browsers. The only crate that knows webrtc.
