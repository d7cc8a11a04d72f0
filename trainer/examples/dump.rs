//! x
use undertone_core::FramesView;
use undertone_trainer::{Random, training::Run};
fn main() {
    for m in ["cnn", "lstm"] {
        let n = Run::load(format!("/tmp/final/{m}/checkpoint.safetensors").as_ref()).unwrap().averaged();
        std::fs::write(format!("/tmp/final/{m}.onnx"), n.to_onnx()).unwrap();
        let mut r = Random::new(5, 5);
        let mut out = String::new();
        let lens = [16usize, 17, 18, 19, 20, 21, 23, 33, 47, 150, 192, 301, 1000];
        let fs: Vec<Vec<f32>> =
            lens.iter().map(|t| (0..t * 64).map(|_| r.normal() * 3.0 - 8.0).collect()).collect();
        let vs: Vec<_> = fs.iter().map(|v| FramesView { dim: 64, values: v }).collect();
        let batch = n.logits(&vs).unwrap();
        for (i, v) in vs.iter().enumerate() {
            std::fs::write(
                format!("/tmp/final/{m}.{}.bin", lens[i]),
                v.values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>(),
            )
            .unwrap();
            out += &format!("{} {:?} {:?}\n", lens[i], n.logits(&[*v]).unwrap()[0], batch[i]);
        }
        std::fs::write(format!("/tmp/final/{m}.txt"), out).unwrap();
    }
}
