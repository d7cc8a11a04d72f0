//! WAV files made for a test.

/// A mono 16 kHz WAV file of half a second; `pitch` makes it another one.
pub(crate) fn tone(pitch: f32) -> Vec<u8> {
    let samples: Vec<i16> = (0..8_000).map(|index| ((index as f32 * pitch).sin() * 8_000.0) as i16).collect();
    wav(&samples)
}

/// A mono 16 kHz WAV file.
pub(crate) fn wav(samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    file.extend([16_000_u32, 32_000].map(u32::to_le_bytes).concat());
    file.extend([2_u16, 16].map(u16::to_le_bytes).concat());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}
