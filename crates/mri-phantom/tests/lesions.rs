//! Lesions are as many as they are called, lie where their kind lies, and are drawn where the truth says.

use mri_io::Volume;
use mri_phantom::{
    INFARCT, LesionKind, PLAQUE, Phantom, PhantomSettings, Tissue, healthy, with_lesion, with_tumour,
};

/// The whole head in voxels of `spacing` mm.
fn settings(spacing: f64) -> PhantomSettings {
    let voxels = |side: f64| (side / spacing).ceil() as usize;
    PhantomSettings {
        shape: [voxels(224.0), voxels(250.0), voxels(180.0)],
        spacing: [spacing; 3],
        noise: 0.0,
        bias: 0.0,
        ..PhantomSettings::default()
    }
}

/// Sizes (voxels) of the components of the voxels that are not 0, with 26 neighbours: labels spread until none changes.
fn components(lesion: &Volume<u8>) -> Vec<usize> {
    let voxels: Vec<[usize; 3]> =
        lesion.data().indexed_iter().filter(|(_, label)| **label > 0).map(|(at, _)| at.into()).collect();
    let index: std::collections::HashMap<_, _> = voxels.iter().copied().zip(0..).collect();
    let mut names: Vec<usize> = (0..voxels.len()).collect();
    loop {
        let before = names.clone();
        for (number, &[i, j, k]) in voxels.iter().enumerate() {
            for step in 0..27 {
                let near = [i + step / 9, j + step / 3 % 3, k + step % 3].map(|at| at.wrapping_sub(1));
                if let Some(&neighbour) = index.get(&near) {
                    names[number] = names[number].min(names[neighbour]);
                }
            }
        }
        if names == before {
            break;
        }
    }
    let mut sizes = vec![0; voxels.len()];
    for name in names {
        sizes[name] += 1;
    }
    sizes.retain(|&size| size > 0);
    sizes
}

fn millilitres(phantom: &Phantom) -> f64 {
    phantom.lesion.map(|&label| label > 0).millilitres()
}

#[test]
fn twelve_tumours_are_twelve_lesions() {
    for subject in 0..12 {
        let sizes = components(&with_tumour(&settings(3.9), 1, subject).unwrap().lesion);
        assert_eq!(sizes.len(), 1, "subject {subject}: {sizes:?}");
    }
    for subject in [0, 4, 8] {
        let sizes = components(&with_tumour(&settings(2.0), 1, subject).unwrap().lesion);
        assert_eq!(sizes.len(), 1, "subject {subject} at 2 mm: {sizes:?}");
    }
}

#[test]
fn an_infarct_reaches_the_cortex_and_changes_nothing_elsewhere() {
    let settings = settings(3.9);
    for subject in 0..4 {
        let ill = with_lesion(&settings, 4, subject, LesionKind::Infarct).unwrap();
        let volume = millilitres(&ill);
        println!("infarct {volume:.1} ml");
        assert!((2.0..170.0).contains(&volume), "{volume} ml");
        assert_eq!(components(&ill.lesion).len(), 1);
        let of = |tissue: Tissue| {
            let both = ill.lesion.as_slice().iter().zip(ill.tissues.as_slice());
            both.filter(|&(&label, &here)| label == INFARCT && here == tissue as u8).count()
        };
        assert!(of(Tissue::GreyMatter) > 0 && of(Tissue::Ventricle) == 0);
        let well = healthy(&settings, 4, subject).unwrap();
        let (mut inside, mut outside, mut far) = ((0.0, 0), 0.0_f32, 0);
        for (index, (&now, &before)) in ill.scan.as_slice().iter().zip(well.scan.as_slice()).enumerate() {
            if ill.lesion.as_slice()[index] > 0 {
                inside = (inside.0 + now - before, inside.1 + 1);
            } else if now == before {
                far += 1;
            } else {
                outside = outside.max(now - before);
            }
        }
        assert!(inside.0 / inside.1 as f32 > 60.0, "brighter by {}", inside.0 / inside.1 as f32);
        assert!(far > 49 * ill.scan.as_slice().len() / 50, "largest change outside {outside}");
    }
}

#[test]
fn plaques_are_many_and_lie_in_white_matter() {
    let mut most = 0;
    for subject in 0..3 {
        let ill = with_lesion(&settings(2.6), 5, subject, LesionKind::Ms).unwrap();
        let volume = millilitres(&ill);
        let count = components(&ill.lesion).len();
        println!("{count} plaques, {volume:.1} ml");
        assert!((0.2..32.0).contains(&volume), "{volume} ml");
        most = most.max(count);
        let labels = ill.lesion.as_slice().iter().zip(ill.tissues.as_slice());
        let (mut white, mut all) = (0, 0);
        for (_, &tissue) in labels.filter(|&(&label, _)| label == PLAQUE) {
            all += 1;
            white += usize::from(tissue == Tissue::WhiteMatter as u8);
        }
        assert!(10 * white > 9 * all, "{white} of {all}");
    }
    assert!(most >= 10, "{most}");
}
