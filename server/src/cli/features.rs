//! `undertone features`

use super::SettingsArgs;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use undertone_core::{FrameLayout, Frames, PIPELINE_RATE};

#[derive(Debug, Args)]
pub(super) struct FeaturesArgs {
    /// The recording.
    file: PathBuf,
    /// The recipe's name, for instance logmel64, mfcc13-deltas or prosody.
    #[arg(long, default_value = "logmel64")]
    recipe: String,
    /// The extractor plugin.
    #[arg(long, default_value = "logmel")]
    plugin: String,
    /// What to write: a numpy array [time, dim] of float32, JSON, or CSV with a header.
    #[arg(long, value_enum, default_value_t = FramesFormat::Csv)]
    format: FramesFormat,
    /// Where to write it; standard output when not given.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FramesFormat {
    Npy,
    Json,
    Csv,
}

pub(super) fn run(args: &FeaturesArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let settings = settings.load(Vec::new())?;
    let bytes = std::fs::read(&args.file).with_context(|| args.file.display().to_string())?;
    let samples = undertone_audio::read_all(&bytes, None, settings.recognition.limits)
        .with_context(|| args.file.display().to_string())?;
    let configuration = serde_json::json!({ "recipe": args.recipe }).to_string();
    let mut extractor = crate::plugin_host(&settings).extractor(&args.plugin, &configuration)?;
    let layout = extractor.layout().clone();
    let mut frames = Frames::new(layout.dim);
    extractor.push(&samples, &mut frames)?;
    extractor.finish(&mut frames)?;
    if frames.is_empty() {
        bail!("{}: {} samples are fewer than one frame", args.file.display(), samples.len());
    }
    let encoded = match args.format {
        FramesFormat::Npy => npy(&frames),
        FramesFormat::Json => json(&frames, &layout)?,
        FramesFormat::Csv => csv(&frames, &layout).into_bytes(),
    };
    match &args.output {
        Some(path) => std::fs::write(path, encoded).with_context(|| path.display().to_string())?,
        None => std::io::stdout().lock().write_all(&encoded)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// NumPy's format, version 1.0 (numpy.lib.format): magic, header padded to a multiple of 64 bytes, values row by row.
fn npy(frames: &Frames) -> Vec<u8> {
    let shape = format!("({}, {})", frames.len(), frames.dim());
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let unpadded = 10 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let length = u16::try_from(header.len()).expect("the header holds two numbers and fixed words");
    bytes.extend(length.to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(frames.values().iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

fn json(frames: &Frames, layout: &FrameLayout) -> anyhow::Result<Vec<u8>> {
    let rows: Vec<&[f32]> = (0..frames.len()).map(|row| frames.row(row)).collect();
    let object = serde_json::json!({
        "sample_rate_hz": PIPELINE_RATE.hz(),
        "hop_samples": layout.grid.hop_samples,
        "window_samples": layout.grid.window_samples,
        "columns": layout.columns,
        "frames": rows,
    });
    let mut bytes = serde_json::to_vec(&object)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn csv(frames: &Frames, layout: &FrameLayout) -> String {
    let mut text = format!("start_s,{}\n", layout.columns.join(","));
    for row in 0..frames.len() {
        let start = PIPELINE_RATE.seconds_of(row as u64 * u64::from(layout.grid.hop_samples));
        text.push_str(&format!("{start:.4}"));
        for value in frames.row(row) {
            text.push_str(&format!(",{value}"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numpy_file_has_an_aligned_header_and_all_values() {
        let mut frames = Frames::new(2);
        frames.push_row(&[1.0, 2.0]);
        let bytes = npy(&frames);
        let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!((10 + header) % 64, 0);
        assert_eq!(&bytes[10 + header..], &[0, 0, 128, 63, 0, 0, 0, 64]);
    }
}
