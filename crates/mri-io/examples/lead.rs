#![allow(missing_docs)]
use mri_io::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    for pair in args[1..].chunks(2) {
        let t = std::time::Instant::now();
        let v = read(&pair[0]).unwrap();
        let r = t.elapsed().as_secs_f64();
        let t = std::time::Instant::now();
        match skull_strip(&v, &StripSettings::default()) {
            Ok(s) => {
                println!(
                    "{} read {r:.3} strip {:.2} ml {:.0} q {:.2} {:?}",
                    pair[0],
                    t.elapsed().as_secs_f64(),
                    s.mask.millilitres(),
                    s.quality,
                    s.warnings
                );
                write(&pair[1], &s.mask).unwrap();
            }
            Err(e) => println!("{e}"),
        }
    }
}
