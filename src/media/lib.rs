//! RTP ports, rooms, players and the recorder, on threads of their own.
