//! Where a process stands among the lines of its tree: how far to the right, and which lines go on below it.

use crate::domain::snapshot::TreeProcess;

/// What stands deeper stands no further to the right.
const DEEPEST: u16 = 7;
/// Cells of a branch and the space after it.
const BRANCH: u16 = 3;
/// Cells of a level.
const LEVEL: u16 = 2;

/// For each level from the first to that of the process at `child`, which is not the main process: something more comes
/// below it at that level.
pub fn goes_on(tree: &[TreeProcess], child: usize) -> Vec<bool> {
    let level = levels(tree);
    let own = level(child);
    let mut goes_on = vec![false; own];
    let mut lowest = own;
    for below in (child + 1..tree.len()).map(level) {
        if below <= lowest {
            (goes_on[below - 1], lowest) = (true, below);
            if below == 1 {
                break;
            }
        }
    }
    goes_on.truncate(DEEPEST.into());
    goes_on
}

/// Cells before the name of the process at `child`.
pub fn indent(tree: &[TreeProcess], child: usize) -> u16 {
    let level = levels(tree)(child).min(DEEPEST.into()) as u16;
    LEVEL * (level - 1) + BRANCH
}

/// The level of each process, 1 for a child of the main process. What lost its parent was taken by the keeper, and stands
/// behind the main process and all below it, as one of its children would.
fn levels(tree: &[TreeProcess]) -> impl Fn(usize) -> usize + Copy {
    let main = 1 + tree.iter().skip(1).take_while(|process| process.depth > 0).count();
    move |at| (usize::from(tree[at].depth) + usize::from(at >= main)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    fn tree(depths: &[u16]) -> Vec<TreeProcess> {
        let one = fixture::running("web", 1).tree[0].clone();
        depths.iter().map(|depth| TreeProcess { depth: *depth, ..one.clone() }).collect()
    }

    #[test]
    fn a_line_goes_on_while_a_sibling_comes_below() {
        // main ├ 1 │ ├ 2 │ │ └ 3 │ └ 4 └ 5 └ 6, the last two taken by the keeper.
        let tree = tree(&[0, 1, 2, 3, 2, 0, 1]);
        let lines: Vec<_> = (1..tree.len()).map(|child| goes_on(&tree, child)).collect();
        assert_eq!(
            lines,
            [vec![true], vec![true, true], vec![true, true, false], vec![true, false], vec![false], vec![false, false]]
        );
        let indents: Vec<_> = (1..tree.len()).map(|child| indent(&tree, child)).collect();
        assert_eq!(indents, [3, 5, 7, 5, 3, 5]);
    }

    #[test]
    fn what_is_very_deep_stands_no_further_to_the_right() {
        let tree = tree(&(0..40).collect::<Vec<_>>());
        assert_eq!(indent(&tree, 39), indent(&tree, 7));
        assert_eq!(goes_on(&tree, 39), [false; 7]);
    }
}
