//! What `undertone recognize` tells of an utterance on its way.

use super::{clip, printed, undertone};
use undertone_tests::CNN_VERSION;

#[test]
fn a_timeline_is_drawn_with_other_distances_where_the_settings_do_not_allow_its_own() {
    let clip = clip();
    let arguments = ["recognize", &clip, "--set", "recognition.min_interim_hop=400ms"];
    let refused = undertone(&arguments);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("config.interim_hop: give 400 ms"), "{said}");
    let text = printed(&undertone(&[&arguments[..], &["--hop", "400ms"]].concat()));
    assert!(text.contains(&format!("cnn {CNN_VERSION}")) && text.contains(" s  "), "{text}");
}

#[test]
fn json_tells_every_update_where_their_distance_is_asked_for() {
    let utterances = |more: &[&str]| -> Vec<serde_json::Value> {
        let text = printed(&undertone(&[&["recognize", &clip(), "--format", "json"], more].concat()));
        let mut report: serde_json::Value = serde_json::from_str(&text).unwrap();
        serde_json::from_value(report["utterances"].take()).unwrap()
    };
    assert!(utterances(&[]).iter().all(|utterance| utterance["updates"] == serde_json::json!([])));
    for utterance in utterances(&["--hop", "500ms"]) {
        let [start, end] = ["start_s", "end_s"].map(|edge| utterance[edge].as_f64().unwrap());
        let updates = utterance["updates"].as_array().unwrap();
        // The last one is about all of the speech.
        let (last, regular) = updates.split_last().unwrap();
        assert_eq!((last["at_s"].as_f64(), regular.len()), (Some(end), ((end - start) / 0.5) as usize));
        for (index, update) in regular.iter().enumerate() {
            let late = update["at_s"].as_f64().unwrap() - start - 0.5 * (index + 1) as f64;
            // They come at the end of one of the pieces in which voice is looked for.
            assert!((-1e-6..0.02).contains(&late), "{updates:?}");
        }
        let probabilities = last["probabilities"].as_object().unwrap().values();
        let sum: f64 = probabilities.filter_map(serde_json::Value::as_f64).sum();
        assert!((sum - 1.0).abs() < 1e-4, "{last}");
    }
}

#[test]
fn stream_shows_updates_as_they_come() {
    let text = printed(&undertone(&["recognize", &clip(), "--stream"]));
    assert!(text.contains("so far") && text.contains("final"), "{text}");
}
