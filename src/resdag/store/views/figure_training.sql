-- One row per epoch of a network's training; epoch 0 is the initialisation.
SELECT study, network, seed, epoch, learning_rate, train_loss, train_error, test_error
FROM epochs
ORDER BY study, network, seed, epoch;
