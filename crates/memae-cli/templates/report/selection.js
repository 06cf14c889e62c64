// What is chosen among test subjects, methods and voxels.

class TestSelection extends Selection {
  voxels = "all";
  opacity = 0;
  detections = true;
  outline = false;

  /** Stops of threshold 1 and 2 over the voxels. A method has them over all voxels, and over brain voxels. */
  get marks() {
    return this.method.marks[this.voxels === "brain" ? 1 : 0];
  }

  chooseSubject(at) {
    this.subjectAt = at;
    this.cross = this.subject.start;
  }

  chooseMethod(at) {
    this.#keepThreshold(() => (this.methodAt = at));
  }

  chooseVoxels(voxels) {
    this.#keepThreshold(() => (this.voxels = voxels));
  }

  /** Threshold 1 stays threshold 1 of another method; any other threshold stays where it is. */
  #keepThreshold(change) {
    const [mark, threshold] = [this.marks.indexOf(this.stop), this.threshold];
    change();
    this.stop = mark >= 0 ? this.marks[mark] : nearestStop(this.method.stops, threshold);
  }
}
