"""How many blocks has each stage of a bottleneck ResNet for ImageNet?"""

# Depth in weighted layers -> blocks of the four stages: He et al. 2015, table 1; 200 as in He et al. 2016, whose
# 66 blocks are those that Veit et al. 2016 delete on ImageNet (figure 4).
STAGES = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}
EXPANSION = 4  # channels that a block hands on, for each of its 3 x 3 convolution
