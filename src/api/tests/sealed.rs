//! Recordings that are sealed on the disk, by HTTP: whole, by ranges, their picture; and after their key was destroyed.

use std::fs::{self, File};
use std::io::Write;

use tokio_util::sync::CancellationToken;
use vault::machine::{System, key_file};
use vault::stream::CHUNK;
use vault::{Algorithm, Locker, Masters};

use super::records::{audited, fill, id};
use super::{Bench, get};
use crate::rooms::Rooms;
use crate::router::router;

/// A mono WAV file of so many samples.
fn wav(samples: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    bytes.extend(8_000_u32.to_le_bytes());
    bytes.extend([0; 6]);
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((2 * samples).to_le_bytes());
    bytes.extend((0..samples).flat_map(|at| u16::try_from(at % 9_000).unwrap().to_le_bytes()));
    bytes
}

#[tokio::test]
async fn a_sealed_recording_is_heard_as_any_other_until_its_key_is_destroyed() {
    let bench = Bench::new().await;
    fill(&bench).await;
    let (key, base) = (bench.dir.path().join("hotline.key"), bench.dir.path().join("recordings"));
    key_file::save(&key, &Masters::first(&System::new()).unwrap()).unwrap();
    let locker = Locker::new(key, &base, Some(Algorithm::Aes256Gcm));
    let (path, sound) = (base.join("day/mix.wav"), wav(100_000));
    let mut blocks = locker.blocks(&path, File::create(&path).unwrap()).unwrap();
    blocks.write_all(&sound).unwrap();
    blocks.finish().unwrap();
    assert!(!fs::read(&path).unwrap().starts_with(b"RIFF"));
    let rooms = Rooms { locker: locker.clone(), ..bench.rooms.clone() };
    let app = router(rooms, CancellationToken::new());
    let at = |why: &str| format!("/api/v1/calls/{}/recordings/1?reason={why}", id(1));

    let told = get(&at("whole")).to(&app).await;
    assert_eq!((told.status.as_u16(), told.header("content-type")), (200, "audio/wav"));
    assert_eq!(
        (told.header("accept-ranges"), told.header("content-length")),
        ("bytes", &*sound.len().to_string())
    );
    assert!(told.body == sound, "bit for bit");
    let all = sound.len();
    for (from, to) in [(0, 43), (44, 47), (CHUNK - 1, CHUNK), (10, 3 * CHUNK), (all - 4, all - 1)] {
        let told = get(&at("range")).with("range", &format!("bytes={from}-{to}")).to(&app).await;
        assert_eq!(told.status, 206);
        assert_eq!(told.header("content-range"), format!("bytes {from}-{to}/{all}"));
        assert!(told.body == sound[from..=to], "{from}-{to}");
    }
    let told = get(&at("beyond")).with("range", &format!("bytes={all}-")).to(&app).await;
    assert_eq!((told.status.as_u16(), told.header("content-range")), (416, &*format!("bytes */{all}")));
    let told = get(&format!("/api/v1/calls/{}/peaks/1", id(1))).to(&app).await;
    assert_eq!((told.status.as_u16(), told.json()["per_second"].as_f64()), (200, Some(20.0)));
    assert!(audited(&bench, "whole"));

    // Another house, without the key.
    let told = get(&at("elsewhere")).to(&bench.app).await;
    assert_eq!(told.status, 410);
    locker.destroy(Locker::sealed_by(&path).unwrap().unwrap()).unwrap();
    let told = get(&at("destroyed")).to(&app).await;
    assert_eq!(told.problem(), (410, "purged".into()));
    assert!(
        !audited(&bench, "elsewhere") && !audited(&bench, "destroyed"),
        "what was not handed out is no access"
    );
}
