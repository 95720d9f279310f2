//! A crash under calls: how soon a caller is answered again, the house being started anew by its own parent.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use phone::{Account, Dial, Ear, Media, Phone};

use crate::calls;
use crate::district::District;
use crate::process::Server;
use crate::quantile;

/// Calls that are up at each crash.
const CALLS: u32 = 20;
/// Between two looks.
const POLL: Duration = Duration::from_millis(1);

/// So many crashes of one house.
pub async fn measure(crashes: u32) {
    let mut house = Command::new(env!("CARGO_BIN_EXE_hotline"));
    let district = District::with_desks(1);
    house.args(["--log", "off", "serve", "--config"]).arg(district.config());
    let server = Server::launch_as(house, district).ready().await;
    let media = Media::start(Ear::Counting).unwrap();
    let mut figures = Vec::new();
    for _ in 0..crashes {
        let phone = Phone::start_with(Account::new("trunk", "", server.sip), &media).await.unwrap();
        let mut up = Vec::new();
        for n in 0..CALLS {
            up.push(phone.call(Dial::to("89000").caller(&format!("139{n:08}"))).await.unwrap());
        }
        let life = life(server.id());
        let crash = Instant::now();
        Command::new("kill").args(["-9", &life]).status().unwrap();
        // Over when its parent has buried it: its sockets are closed then.
        while fs::metadata(format!("/proc/{life}")).is_ok() {
            tokio::time::sleep(POLL).await;
        }
        calls::until_answered(server.sip).await;
        figures.push(crash.elapsed().as_secs_f64());
        drop(up);
        phone.stop();
    }
    let (half, most) = (quantile(&mut figures, 0.5), quantile(&mut figures, 1.0));
    println!(
        "restart to first 200 OK: {half:.3} s (median of {crashes} kill -9 with {CALLS} calls up), {most:.3} s at most"
    );
    server.stop().await;
}

/// The one process below the parent.
fn life(parent: u32) -> String {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
    children.split_whitespace().next().unwrap().to_owned()
}
