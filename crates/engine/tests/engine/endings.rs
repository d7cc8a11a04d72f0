//! How a stream ends whose audio is not whole.

use crate::loudness_model::{config, recording};
use crate::streams::{answers, engine, run};
use undertone_engine::Event;

#[tokio::test]
async fn what_was_heard_is_answered_where_the_audio_ends_within_a_sample() {
    let mut bytes = recording(1.0);
    bytes.truncate(bytes.len() - 1);
    let events = run(&engine(1, 64), config(None), &bytes, 6400).await;
    let [only] = &answers(&events)[..] else { panic!("{events:?}") };
    assert!(only.trigger.is_final());
    let tells =
        |event: &Event| matches!(event, Event::Failed(why) if why.message.contains("3 byte(s) left over"));
    assert!(events.iter().any(tells), "{events:?}");
}
