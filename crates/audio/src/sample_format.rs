//! How the bytes of one uncompressed sample become a number.

/// One uncompressed sample's form. Multi-byte forms are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SampleFormat {
    /// Unsigned, 128 is silence (WAVE's 8-bit PCM).
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
    Mulaw,
    Alaw,
}

impl SampleFormat {
    /// Bytes of one sample.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::Mulaw | Self::Alaw => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Appends the samples of `bytes`, whose length is a multiple of [`Self::bytes`]. Integers are
    /// divided by their most negative value's size, so they lie in [-1, 1); floats are taken as they are.
    pub(crate) fn decode(self, bytes: &[u8], samples: &mut Vec<f32>) {
        match self {
            Self::U8 => samples.extend(bytes.iter().map(|&byte| (f32::from(byte) - 128.0) / 128.0)),
            Self::Mulaw => samples.extend(bytes.iter().map(|&byte| unit16(mulaw(byte)))),
            Self::Alaw => samples.extend(bytes.iter().map(|&byte| unit16(alaw(byte)))),
            Self::I16 => extend(samples, bytes, |raw| unit16(i16::from_le_bytes(raw))),
            Self::I24 => extend(samples, bytes, |[low, middle, high]| {
                unit32(i32::from_le_bytes([0, low, middle, high]))
            }),
            Self::I32 => extend(samples, bytes, |raw| unit32(i32::from_le_bytes(raw))),
            Self::F32 => extend(samples, bytes, f32::from_le_bytes),
            Self::F64 => extend(samples, bytes, |raw| f64::from_le_bytes(raw) as f32),
        }
    }
}

fn extend<const N: usize>(samples: &mut Vec<f32>, bytes: &[u8], decode: impl Fn([u8; N]) -> f32) {
    let (whole, _) = bytes.as_chunks::<N>();
    samples.extend(whole.iter().map(|&raw| decode(raw)));
}

fn unit16(value: i16) -> f32 {
    f32::from(value) * (1.0 / 32_768.0)
}

fn unit32(value: i32) -> f32 {
    (f64::from(value) * (1.0 / 2_147_483_648.0)) as f32
}

/// Expands mu-law to 16 bits: ITU-T G.711 (11/1988), table 2a, in the 14-bit scale times 4.
fn mulaw(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 7;
    let magnitude = (((i16::from(code & 15) << 3) + 0x84) << segment) - 0x84;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

/// Expands A-law to 16 bits: ITU-T G.711 (11/1988), table 1a, in the 13-bit scale times 8.
fn alaw(code: u8) -> i16 {
    // G.711 section 3: even bits are inverted on the line.
    let code = code ^ 0x55;
    let step = i16::from(code & 15) << 4;
    let magnitude = match (code >> 4) & 7 {
        0 => step + 8,
        segment => (step + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(format: SampleFormat, bytes: &[u8]) -> Vec<f32> {
        let mut samples = Vec::new();
        format.decode(bytes, &mut samples);
        samples
    }

    #[test]
    fn the_most_negative_integer_is_minus_one_in_every_width() {
        assert_eq!(decoded(SampleFormat::U8, &[0, 128]), [-1.0, 0.0]);
        assert_eq!(decoded(SampleFormat::I16, &i16::MIN.to_le_bytes()), [-1.0]);
        assert_eq!(decoded(SampleFormat::I24, &[0, 0, 0x80]), [-1.0]);
        assert_eq!(decoded(SampleFormat::I32, &i32::MIN.to_le_bytes()), [-1.0]);
    }

    #[test]
    fn sixteen_bit_samples_keep_their_exact_value() {
        let bytes: Vec<u8> = (i16::MIN..=i16::MAX).flat_map(i16::to_le_bytes).collect();
        for (value, sample) in (i16::MIN..=i16::MAX).zip(decoded(SampleFormat::I16, &bytes)) {
            assert_eq!(sample * 32_768.0, f32::from(value));
        }
    }

    #[test]
    fn g711_codes_expand_to_the_values_of_its_tables() {
        // G.711 table 2a: 8031 is the largest magnitude (14 bits), 0 the smallest.
        assert_eq!([mulaw(0x80), mulaw(0x00), mulaw(0xFF), mulaw(0x7F)], [32_124, -32_124, 0, 0]);
        // G.711 table 1a: 4032 is the largest magnitude (13 bits), 1 the smallest.
        assert_eq!([alaw(0xAA), alaw(0x2A), alaw(0xD5), alaw(0x55)], [32_256, -32_256, 8, -8]);
    }

    #[test]
    fn g711_codes_grow_with_magnitude() {
        for code in 0x80..0xFF_u8 {
            assert!(mulaw(code) > mulaw(code + 1));
        }
        for magnitude in 0..0x7F_u8 {
            assert!(alaw((magnitude | 0x80) ^ 0x55) < alaw(((magnitude + 1) | 0x80) ^ 0x55));
        }
    }

    #[test]
    fn doubles_and_singles_read_alike() {
        assert_eq!(decoded(SampleFormat::F32, &0.25_f32.to_le_bytes()), [0.25]);
        assert_eq!(decoded(SampleFormat::F64, &(-0.75_f64).to_le_bytes()), [-0.75]);
    }
}
