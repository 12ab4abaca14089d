"""The exam's derivations: `right_*` hold the forwards with right ones, `hard` right ones, `wrong_*` wrong ones."""
