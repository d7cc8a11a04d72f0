//! x
use undertone_audio::*; use undertone_core::SampleRate; use std::time::Instant;
fn main() {
    for rate in [8000, 11025, 22050, 24000, 44100, 48000, 12347] {
        let f = AudioFormat::mono(Encoding::Linear16, SampleRate::new(rate).unwrap());
        let t = Instant::now();
        for _ in 0..10 { std::hint::black_box(AudioReader::new(f, AudioLimits::default()).unwrap().input_rate()); }
        let new = t.elapsed() / 10;
        let bytes = vec![1u8; rate as usize * 2 * 60];
        let t = Instant::now();
        let n = read_all(&bytes, Some(f), AudioLimits::default()).unwrap().len();
        println!("{rate}: new {new:?}, 60 s: {:?} {n}", t.elapsed());
    }
    for p in std::env::args().skip(1) {
        let b = std::fs::read(&p).unwrap(); let t = Instant::now();
        let s = read_all(&b, None, AudioLimits::default()).unwrap();
        println!("{p}: {:.2} s in {:?}", s.len() as f32 / 16000., t.elapsed());
        let raw: Vec<u8> = s.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(format!("{p}.f32"), raw).unwrap();
    }
}
