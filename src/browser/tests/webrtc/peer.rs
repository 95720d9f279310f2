//! A browser as webrtc-rs is one: it sends a tone, and keeps what it hears.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use audio::g711::{self, Law};
use audio::{ear, tones};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_PCMA, MIME_TYPE_TELEPHONE_EVENT};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use tokio::task::JoinHandle;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCSessionDescription,
};

use super::house::{DEADLINE, within};

const SSRC: u32 = 0x1234_5678;
const EVENT: u8 = 101;

#[derive(Default)]
struct Ears {
    heard: Arc<Mutex<Vec<i16>>>,
    gathered: Arc<tokio::sync::Notify>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Ears {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.notify_one();
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let heard = Arc::clone(&self.heard);
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let mut samples = vec![0; packet.payload.len()];
                    g711::decode(Law::A, &packet.payload, &mut samples);
                    heard.lock().unwrap().extend(samples);
                }
            }
        });
    }
}

pub struct Peer {
    pub pc: Arc<dyn PeerConnection>,
    heard: Arc<Mutex<Vec<i16>>>,
    gathered: Arc<tokio::sync::Notify>,
    track: Arc<TrackLocalStaticRTP>,
    voice: Option<JoinHandle<()>>,
}

fn codec(name: &str) -> RTCRtpCodec {
    RTCRtpCodec { mime_type: name.to_owned(), clock_rate: 8_000, ..RTCRtpCodec::default() }
}

impl Peer {
    pub async fn open() -> Self {
        let mut engine = MediaEngine::default();
        for (name, payload_type) in [(MIME_TYPE_PCMA, 8), (MIME_TYPE_TELEPHONE_EVENT, EVENT)] {
            let codec = RTCRtpCodecParameters { rtp_codec: codec(name), payload_type };
            engine.register_codec(codec, RtpCodecKind::Audio).unwrap();
        }
        let ears = Ears::default();
        let (heard, gathered) = (Arc::clone(&ears.heard), Arc::clone(&ears.gathered));
        let pc = PeerConnectionBuilder::new()
            .with_handler(Arc::new(ears))
            .with_media_engine(engine)
            .with_runtime(webrtc::runtime::default_runtime().unwrap())
            .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
            .build()
            .await
            .unwrap();
        let pc: Arc<dyn PeerConnection> = Arc::new(pc);
        // A track that names PCMA alone loses its telephone-events without a word.
        let coding = |name| RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(SSRC), ..Default::default() },
            codec: codec(name),
            ..Default::default()
        };
        let track = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
            "stream".to_owned(),
            "voice".to_owned(),
            "voice".to_owned(),
            RtpCodecKind::Audio,
            vec![coding(MIME_TYPE_PCMA), coding(MIME_TYPE_TELEPHONE_EVENT)],
        )));
        pc.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await.unwrap();
        Self { pc, heard, gathered, track, voice: None }
    }

    pub async fn offer(&self, restart: bool) -> String {
        let options = restart.then_some(RTCOfferOptions { ice_restart: true });
        let offer = self.pc.create_offer(options).await.unwrap();
        self.pc.set_local_description(offer).await.unwrap();
        within(self.gathered.notified()).await;
        self.pc.local_description().await.unwrap().sdp
    }

    pub async fn take_answer(&self, answer: String) {
        self.pc.set_remote_description(RTCSessionDescription::answer(answer).unwrap()).await.unwrap();
    }

    pub async fn answer(&self, offer: String) -> String {
        self.pc.set_remote_description(RTCSessionDescription::offer(offer).unwrap()).await.unwrap();
        let answer = self.pc.create_answer(None).await.unwrap();
        self.pc.set_local_description(answer).await.unwrap();
        within(self.gathered.notified()).await;
        self.pc.local_description().await.unwrap().sdp
    }

    /// Sends a tone, and after half a second a key.
    pub fn speak(&mut self, hertz: f32, key: Option<char>) {
        let track = Arc::clone(&self.track);
        self.voice = Some(tokio::spawn(async move {
            let tone = tones::sine(hertz, 8_000, 8_000);
            let mut clock = tokio::time::interval(Duration::from_millis(20));
            let mut keys = key.and_then(|key| audio::dtmf::Sender::new(key, 25 * 160, 800));
            for n in 0u16.. {
                clock.tick().await;
                let said = keys.as_mut().filter(|_| n > 25).and_then(|keys| keys.next(160));
                let mut payload = vec![0; 160];
                let at = usize::from(n % 50) * 160;
                g711::encode(Law::A, &tone[at..at + 160], &mut payload);
                let header = rtc::rtp::header::Header {
                    version: 2,
                    payload_type: if said.is_some() { EVENT } else { 8 },
                    sequence_number: n,
                    timestamp: if said.is_some() { 25 * 160 } else { u32::from(n) * 160 },
                    ssrc: SSRC,
                    ..Default::default()
                };
                let payload = said.map_or(payload, |said| said.payload.to_vec());
                let packet = rtc::rtp::packet::Packet { header, payload: payload.into() };
                if track.write_rtp(packet).await.is_err() {
                    return;
                }
            }
        }));
    }

    /// Waits until it hears this tone and not that one, counting from now.
    pub async fn hears(&self, hertz: f32, not: f32) {
        self.heard.lock().unwrap().clear();
        let until = tokio::time::Instant::now() + DEADLINE;
        let mut clock = tokio::time::interval(Duration::from_millis(50));
        let mut last = (0.0, 0.0);
        while tokio::time::Instant::now() < until {
            clock.tick().await;
            let heard = self.heard.lock().unwrap().clone();
            let Some(end) = heard.len().checked_sub(4_000) else { continue };
            last = (ear::level(&heard[end..], hertz), ear::level(&heard[end..], not));
            if last.0 > 3_000.0 && last.1 < 300.0 {
                return;
            }
        }
        panic!("{hertz} Hz at {}, {not} Hz at {}", last.0, last.1);
    }

    pub fn packets(&self) -> usize {
        self.heard.lock().unwrap().len() / 160
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(voice) = &self.voice {
            voice.abort();
        }
    }
}
