//! Our TLS under another MQTT client: minimq speaks MQTT 5 over it. `cargo run -- broker.example 8883 ca.pem`
//!
//! What minimq wants of a transport is `Read` and `Write` of `embedded-io-async`, and that is what [`Stream`] is: on a board the socket
//! under it is embassy's instead of tokio's.

use std::time::{SystemTime, UNIX_EPOCH};

use embedded_io_adapters::tokio_1::FromTokio;
use minimq::{Buffers, ConfigBuilder, Publication, QoS, Session, TopicFilter};
use mqtts::tls12::{Config, Connection, Peer, io::Stream};
use mqtts::{Memory, pc};
use tokio::net::TcpStream;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executor = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    executor.block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, host, port, ca] = arguments.as_slice() else { return Err("HOST PORT CA".into()) };
    let config = Config { anchors: Some(pc::anchors(ca)?), ..Config::default() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut memory = Memory::<0, 0>::new();
    let memory = memory.lend();
    let peer = Peer { host, now, session: &[] };
    let mut connection = Connection::new(&config, peer, memory.rx, memory.tx, memory.session)?;
    let mut accel = pc::accelerator();
    let mut socket = FromTokio::new(TcpStream::connect((host.as_str(), port.parse()?)).await?);
    let stream = Stream { connection: &mut connection, accel: &mut accel, socket: &mut socket };

    let (mut rx, mut tx) = ([0; 512], [0; 1024]);
    let settings = ConfigBuilder::new(Buffers::new(&mut rx, &mut tx)).client_id("minimq")?;
    let mut session = Session::new(settings);
    let mut broker = session.connect(stream).await?;
    broker.subscribe(&[TopicFilter::new("kitchen/#")], &[]).await?;
    broker.publish(Publication::new("kitchen/lamp", "on").qos(QoS::AtLeastOnce)).await?;
    loop {
        let received = broker.recv().await?;
        println!("{}: {}", received.topic(), String::from_utf8_lossy(received.payload()));
    }
}
